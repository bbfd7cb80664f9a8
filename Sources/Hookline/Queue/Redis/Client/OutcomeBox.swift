import POSIX
import Synchronization

/// One outcome that one thread waits for.
final class OutcomeBox: Sendable {
    private let outcome = Mutex<RedisOutcome?>(nil)
    private let bell = Bell()

    /// Sets the outcome and wakes the waiter.
    func set(_ value: RedisOutcome) {
        outcome.withLock { $0 = value }
        bell.ring()
    }

    /// Waits for the outcome, at most until `isCancelled`, which is asked ten times a second;
    /// nil when it was.
    func wait(unless isCancelled: () -> Bool) -> RedisOutcome? {
        while !isCancelled() {
            if let value = outcome.withLock({ $0 }) { return value }
            bell.wait(untilNanoseconds: MonotonicClock.now() + 100_000_000)
        }
        return nil
    }

    /// Waits for the outcome: a link answers every request by its deadline.
    func wait() -> RedisOutcome {
        while true {
            if let value = outcome.withLock({ $0 }) { return value }
            bell.wait(untilNanoseconds: nil)
        }
    }
}
