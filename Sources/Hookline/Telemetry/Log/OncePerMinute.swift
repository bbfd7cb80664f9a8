import POSIX
import Synchronization

/// Lets one thing through in a minute. Any thread.
final class OncePerMinute: Sendable {
    private let nextNanoseconds = Atomic<UInt64>(0)

    /// True for the first call in a minute; `now` is the monotonic clock's.
    func takeTurn(at now: UInt64 = MonotonicClock.now()) -> Bool {
        let next = nextNanoseconds.load(ordering: .relaxed)
        guard now >= next else { return false }
        return nextNanoseconds.compareExchange(
            expected: next, desired: now + 60_000_000_000, ordering: .relaxed
        ).exchanged
    }
}
