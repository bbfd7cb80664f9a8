import POSIX
import Synchronization

/// Where times come from; tests and simulations bring clocks of their own.
struct ClockSource: Sendable {
    /// Nanoseconds since some moment; never goes back.
    var monotonicNanoseconds: @Sendable () -> UInt64
    /// Milliseconds since 1970-01-01T00:00:00Z, which may jump.
    var wallMilliseconds: @Sendable () -> Int64

    /// The clocks of the machine.
    static let system = ClockSource(
        monotonicNanoseconds: { MonotonicClock.now() },
        wallMilliseconds: { WallClock.nowMilliseconds() })
}

/// The store's time: ages, due times and retention are counted by it, never by the wall clock.
///
/// It begins as the wall clock's time when a database is new, and from then on only goes forward:
/// by the monotonic clock while the process runs, and by at most `gapMillisecondsMax` for the time
/// between two processes. A wall clock that is wrong, or is set right, changes nothing but the
/// times that are shown to people. Any thread.
final class StoreClock: Sendable {
    /// Both times at one moment, as the database keeps them.
    struct Note: Sendable, Equatable {
        /// The store's time.
        var storeMilliseconds: Int64
        /// The wall clock's.
        var wallMilliseconds: Int64
    }

    /// What was seen of the wall clock between two processes.
    enum Gap: Sendable, Equatable {
        /// Nothing that could not be: so many milliseconds have passed.
        case plausible(Int64)
        /// It is behind the time that was noted, by so many milliseconds.
        case behind(Int64)
        /// It is further ahead than is counted: a long stop, or a clock that was wrong.
        case long(Int64)
    }

    /// How much of the time between two processes is counted: enough for each retry that waited to
    /// be due, and too little for anything to expire.
    static let gapMillisecondsMax: Int64 = 3_600_000
    /// The wall clock was stepped if it moved by so much more, or less, than the monotonic one.
    static let stepMilliseconds: Int64 = 1000

    private let source: ClockSource
    /// The store's time without the monotonic clock's.
    private let base: Atomic<Int64>
    /// How far the wall clock is ahead of the store's time.
    private let ahead: Atomic<Int64>
    private let started: Atomic<Int64>
    private let counted = Atomic<Int64>(0)
    private let found = Mutex<Gap?>(nil)

    /// The store's time is the wall clock's, until `begin`.
    init(_ source: ClockSource = .system) {
        self.source = source
        let wall = source.wallMilliseconds()
        base = Atomic(wall - Int64(source.monotonicNanoseconds() / 1_000_000))
        ahead = Atomic(0)
        started = Atomic(wall)
    }

    /// Nanoseconds of the monotonic clock.
    var monotonicNanoseconds: UInt64 { source.monotonicNanoseconds() }

    /// The store's time: milliseconds, comparable over restarts with what the store holds.
    var nowMilliseconds: Int64 {
        // Relaxed: the base is set before any thread but the store's begins.
        base.load(ordering: .relaxed) + Int64(source.monotonicNanoseconds() / 1_000_000)
    }

    /// Goes on where an earlier process ended. `newest` is the time of the store's newest row,
    /// which may be later than the note. Once, before the store is used.
    func begin(after note: Note, newest: Int64?) {
        let wall = source.wallMilliseconds()
        let passed = wall - note.wallMilliseconds
        let gap = min(max(0, passed), Self.gapMillisecondsMax)
        let last = max(note.storeMilliseconds, newest ?? .min)
        let now = max(note.storeMilliseconds + gap, last)
        base.store(
            now - Int64(source.monotonicNanoseconds() / 1_000_000), ordering: .relaxed)
        ahead.store(wall - now, ordering: .relaxed)
        started.store(now, ordering: .relaxed)
        counted.store(now - last, ordering: .relaxed)
        found.withLock { found in
            if passed < -Self.stepMilliseconds {
                found = .behind(-passed)
            } else {
                found = passed > gap ? .long(passed) : .plausible(max(0, passed))
            }
        }
    }

    /// What `begin` saw; nil before.
    var gap: Gap? { found.withLock { $0 } }

    /// Both times now.
    var note: Note {
        Note(storeMilliseconds: nowMilliseconds, wallMilliseconds: source.wallMilliseconds())
    }

    /// A time from which an age may be counted: that of the store, without the gap before this
    /// process, so that nothing expires because of a gap alone.
    func withoutGap(_ milliseconds: Int64) -> Int64 {
        let started = started.load(ordering: .relaxed)
        return milliseconds < started
            ? milliseconds + counted.load(ordering: .relaxed) : milliseconds
    }

    /// How old something is that is dated by the store's time; not below 0. Milliseconds.
    func age(of milliseconds: Int64) -> Int64 {
        max(0, nowMilliseconds - withoutGap(milliseconds))
    }

    /// The wall clock's time at a moment of the store's, for people, as far as it is known.
    func wallMilliseconds(at storeMilliseconds: Int64) -> Int64 {
        storeMilliseconds + ahead.load(ordering: .relaxed)
    }

    /// The store's time at a moment of the wall clock's, as far as it is known.
    func storeMilliseconds(at wallMilliseconds: Int64) -> Int64 {
        wallMilliseconds - ahead.load(ordering: .relaxed)
    }

    /// Looks at the wall clock: by how many milliseconds it was stepped since the last look, 0 if
    /// it was not. One thread, about once a second.
    func look() -> Int64 {
        let now = source.wallMilliseconds() - nowMilliseconds
        let moved = now - ahead.load(ordering: .relaxed)
        // Two readings are never of one moment: small differences are not worth a change.
        if abs(moved) > 100 { ahead.store(now, ordering: .relaxed) }
        return abs(moved) > Self.stepMilliseconds ? moved : 0
    }
}
