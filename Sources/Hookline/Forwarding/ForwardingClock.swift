import POSIX

/// What forwarding reads the time from; tests inject their own.
struct ForwardingClock: Sendable {
    /// Nanoseconds of the monotonic clock.
    var nanoseconds: @Sendable () -> UInt64 = { MonotonicClock.now() }
    /// Milliseconds since the epoch.
    var milliseconds: @Sendable () -> Int64 = { WallClock.nowMilliseconds() }
}
