import CMalloc
import Glibc

/// The process's heap and its processor time.
public enum ProcessMemory {
    /// Gives memory that is free back to the system, the C library's ("malloc_trim() attempts to
    /// release free memory from the heap",
    /// https://man7.org/linux/man-pages/man3/malloc_trim.3.html) and jemalloc's, if that is linked.
    /// It takes some milliseconds, in which other threads may wait for memory. Any thread.
    public static func giveBack() {
        _ = hookline_malloc_purge()
        _ = malloc_trim(0)
    }

    /// Nanoseconds of processor time that the process has used. Any thread.
    public static func processorNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
