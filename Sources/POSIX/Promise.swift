import Synchronization

/// One value that one thread waits for and another one sets. Any thread.
public final class Promise<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let signal = WakeSignal()

    /// No value yet.
    public init() {}

    /// Sets the value and wakes the waiter.
    public func set(_ value: Value) {
        self.value.withLock { $0 = value }
        signal.ring()
    }

    /// Waits for the value.
    public func wait() -> Value {
        while true {
            if let value = value.withLock({ $0 }) { return value }
            signal.wait(untilNanoseconds: nil)
        }
    }

    /// Waits for the value, at most until a time of the monotonic clock; nil when it is late.
    public func wait(untilNanoseconds deadline: UInt64) -> Value? {
        signal.wait(untilNanoseconds: deadline)
        return value.withLock { $0 }
    }

    /// Waits for the value, at most until `isCancelled`, which is asked ten times a second; nil
    /// when it was.
    public func wait(unless isCancelled: () -> Bool) -> Value? {
        while !isCancelled() {
            if let value = value.withLock({ $0 }) { return value }
            signal.wait(untilNanoseconds: MonotonicClock.now() + 100_000_000)
        }
        return nil
    }
}
