import CHiredis
import Glibc

/// Ends another thread's wait for Redis: an eventfd, closed in `deinit`. A ring is never lost.
public final class RedisWaker: Sendable {
    /// What `poll` watches.
    let descriptor: Int32

    /// A waker that has not rung; throws when the process has no descriptor left.
    public init() throws(RedisError) {
        let opened = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard opened >= 0 else {
            throw .unreachable("eventfd: \(String(cString: strerror(errno)))")
        }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }

    /// Ends the wait under way, or the next one. Any thread, never blocks.
    public func ring() {
        // The counter cannot overflow (2^64 - 2 rings), and EAGAIN would mean that it rings.
        eventfd_write(descriptor, 1)
    }

    /// Waits for a ring, at most until the monotonic deadline; true when it rang. One thread.
    @discardableResult
    public func wait(untilNanoseconds deadline: UInt64) -> Bool {
        while true {
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let code = poll(&watched, 1, RedisClock.milliseconds(until: deadline))
            if code == 1 {
                silence()
                return true
            }
            if code == 0 || errno != EINTR { return false }
        }
    }

    /// Stops the ringing.
    func silence() {
        var count: UInt64 = 0
        eventfd_read(descriptor, &count)
    }
}

/// The monotonic clock by which every deadline here is meant.
public enum RedisClock {
    /// Nanoseconds since an arbitrary moment; never goes back.
    public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Milliseconds left, rounded up and at most a minute, as `poll` takes them; 0 when the
    /// deadline has passed.
    static func milliseconds(until deadline: UInt64) -> Int32 {
        let now = now()
        guard deadline > now else { return 0 }
        return Int32(min((deadline - now + 999_999) / 1_000_000, 60_000))
    }
}
