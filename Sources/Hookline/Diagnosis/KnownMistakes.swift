import POSIX
import Synchronization

/// What was found to differ in requests of the last minutes: one mistake in a configuration damages
/// many. Explaining and mending share one list, so that what one has found costs the other a few
/// HMACs and no search. Any thread.
final class KnownMistakes: Sendable {
    private struct Mistake: Sendable {
        var change: MismatchChange
        var lastUsedNanoseconds: UInt64
    }

    /// Changes that are remembered; the one not used for longest is forgotten.
    static let countMax = 8
    /// How long a change that fits no request is remembered.
    static let lifetimeNanoseconds: UInt64 = 600_000_000_000

    /// The one used last comes first.
    private let mistakes = Mutex<[Mistake]>([])

    /// The changes to try, the one used last first; `now` is the monotonic clock's.
    func changes(at now: UInt64 = MonotonicClock.now()) -> [MismatchChange] {
        mistakes.withLock { mistakes in
            // Another thread may have read the clock later and noted first.
            mistakes.removeAll {
                now > $0.lastUsedNanoseconds
                    && now - $0.lastUsedNanoseconds > Self.lifetimeNanoseconds
            }
            return mistakes.map(\.change)
        }
    }

    /// Notes a change that explained a request.
    func note(_ change: MismatchChange, at now: UInt64 = MonotonicClock.now()) {
        mistakes.withLock { mistakes in
            mistakes.removeAll { $0.change == change }
            mistakes.insert(Mistake(change: change, lastUsedNanoseconds: now), at: 0)
            if mistakes.count > Self.countMax { mistakes.removeLast() }
        }
    }
}
