import Glibc

/// A flag that one thread waits for and any thread raises; a ring is never lost.
///
/// - `@unchecked Sendable`: the flag is read and written only with the mutex held, and both
///   pthread objects live in memory that is allocated in `init` and freed in `deinit`.
public final class WakeSignal: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var rung = false
    private let waiting: (@Sendable (WakeSignal, UInt64?) -> Void)?

    /// A bell that has not rung. `waiting` takes the place of the wait in a simulation, and returns
    /// when the bell has rung or the deadline has passed, by its own time.
    public init(waiting: (@Sendable (WakeSignal, _ deadline: UInt64?) -> Void)? = nil) {
        self.waiting = waiting
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Waits end by the monotonic clock: a jump of the wall clock must not stretch them.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Raises the flag and wakes the waiter. Any thread.
    public func ring() {
        pthread_mutex_lock(mutex)
        let wasRung = rung
        rung = true
        pthread_mutex_unlock(mutex)
        if !wasRung { pthread_cond_signal(condition) }
    }

    /// True when it has rung and nobody has heard it. Any thread.
    public var isRung: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return rung
    }

    /// Waits for the flag and lowers it; false when the monotonic deadline passed first.
    ///
    /// One thread only; nil waits for ever.
    @discardableResult
    public func wait(untilNanoseconds deadline: UInt64?) -> Bool {
        waiting?(self, deadline)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !rung, waiting == nil {
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var time = timespec()
            time.tv_sec = Int(deadline / 1_000_000_000)
            time.tv_nsec = Int(deadline % 1_000_000_000)
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
        }
        defer { rung = false }
        return rung
    }
}
