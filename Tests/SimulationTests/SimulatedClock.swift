import Synchronization

/// Time that moves when the simulation moves it.
final class SimulatedClock: Sendable {
    private let monotonic = Atomic<UInt64>(1_000_000_000_000)
    private let ahead = Atomic<Int64>(1_700_000_000_000)

    /// Nanoseconds; never goes back.
    var now: UInt64 { monotonic.load(ordering: .relaxed) }

    /// What a clock on the wall shows, in milliseconds since the epoch.
    var wallMilliseconds: Int64 {
        ahead.load(ordering: .relaxed) + Int64(now / 1_000_000)
    }

    /// Moves the time forward.
    func move(to nanoseconds: UInt64) { monotonic.store(max(now, nanoseconds), ordering: .relaxed) }

    /// Sets the clock on the wall.
    func stepWall(byMilliseconds step: Int64) { ahead.add(step, ordering: .relaxed) }
}
