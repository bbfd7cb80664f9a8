import Glibc

/// The monotonic clock: durations and deadlines. Any thread.
public enum MonotonicClock {
    /// Nanoseconds since an arbitrary moment; never goes back.
    public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Whole seconds of it as of the kernel's last tick, at most 10 ms ago, for half the time.
    public static func tickSeconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt64(time.tv_sec)
    }
}

/// The wall clock: what is written down and compared over restarts. Any thread.
public enum WallClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public static func nowMilliseconds() -> Int64 {
        milliseconds(CLOCK_REALTIME)
    }

    /// The same as of the kernel's last tick, at most 10 ms ago, for half the time it takes.
    public static func tickMilliseconds() -> Int64 { milliseconds(CLOCK_REALTIME_COARSE) }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
