import Glibc

/// The process's own limits and identity.
public enum ProcessLimits {
    /// Raises the soft limit of open files towards `count`; returns the limit now in force.
    public static func raiseOpenFiles(to count: UInt64) -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur < count {
            limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
            _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return UInt64(limit.rlim_cur)
    }

    /// The number of processors that this process may use.
    public static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// This process's id.
    public static var processID: Int32 { getpid() }

    /// Ends the process at once with a status; for a fault after which nothing may be written.
    public static func exit(_ status: Int32) -> Never { _exit(status) }
}

/// Random bytes of the kernel.
public enum RandomBytes {
    /// `count` bytes, at most 256; the kernel's generator cannot fail once it is seeded.
    public static func make(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(count, 256))
        // At most 256 bytes: getentropy(3) then gives all of them or fails only before the
        // generator was seeded, which cannot be once services run.
        while getentropy(&bytes, bytes.count) != 0 {}
        return bytes
    }
}
