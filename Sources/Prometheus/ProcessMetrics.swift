import Glibc

/// The metrics that every Prometheus client has about its own process, names and help texts as in
/// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics.
public enum ProcessMetrics {
    /// Registers them; each is read at each scrape, and absent if it cannot be read.
    public static func register(in registry: Registry) {
        register(in: registry, folder: "/proc/self")
    }

    /// Registers the metrics of the process whose folder of the proc file system this is; limits
    /// are always the own process's.
    static func register(in registry: Registry, folder: String) {
        registerTimes(in: registry, statFile: folder + "/stat")
        registerResources(
            in: registry, statFile: folder + "/stat", descriptors: folder + "/fd")
    }

    private static func registerTimes(in registry: Registry, statFile: String) {
        let ticksPerSecond = Self.ticksPerSecond
        registry.counter(
            "process_cpu_seconds_total",
            help: "Total user and system CPU time spent in seconds."
        ) { cpuSeconds(statFile: statFile) }
        // Computed once: a start that moved with corrections of the clock would look like a
        // restart.
        let start = startTime(statFile, ticksPerSecond)
        registry.gauge(
            "process_start_time_seconds",
            help: "Start time of the process since unix epoch in seconds."
        ) { start }
    }

    private static func registerResources(
        in registry: Registry, statFile: String, descriptors: String
    ) {
        registry.gauge("process_open_fds", help: "Number of open file descriptors.") {
            ProcessFile.openDescriptors(in: descriptors)
        }
        registry.gauge("process_max_fds", help: "Maximum number of open file descriptors.") {
            softLimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue))
        }
        registry.gauge("process_virtual_memory_bytes", help: "Virtual memory size in bytes.") {
            ProcessFile.field(.virtualBytes, of: statFile)
        }
        registry.gauge(
            "process_virtual_memory_max_bytes",
            help: "Maximum amount of virtual memory available in bytes."
        ) { softLimit(__rlimit_resource_t(RLIMIT_AS.rawValue)) }
        registry.gauge("process_resident_memory_bytes", help: "Resident memory size in bytes.") {
            residentBytes(statFile: statFile)
        }
        registry.gauge("process_threads", help: "Number of OS threads in the process.") {
            ProcessFile.field(.threads, of: statFile)
        }
    }

    /// User and system time of the process with this `stat` file, in seconds.
    static func cpuSeconds(statFile: String) -> Double? {
        guard let user = ProcessFile.field(.userTicks, of: statFile),
            let system = ProcessFile.field(.systemTicks, of: statFile)
        else { return nil }
        return (user + system) / ticksPerSecond
    }

    /// Resident memory of the process with this `stat` file, in bytes.
    static func residentBytes(statFile: String) -> Double? {
        ProcessFile.field(.residentPages, of: statFile).map { $0 * Double(getpagesize()) }
    }

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// A soft limit; "unlimited" is 2^64-1, as in Prometheus' Go client.
    private static func softLimit(_ resource: __rlimit_resource_t) -> Double? {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    /// Seconds since the epoch: the `stat` file counts from the boot, and so does CLOCK_BOOTTIME.
    private static func startTime(_ statFile: String, _ ticksPerSecond: Double) -> Double? {
        var now = timespec()
        var sinceBoot = timespec()
        guard let ticks = ProcessFile.field(.startTicks, of: statFile),
            clock_gettime(CLOCK_REALTIME, &now) == 0,
            clock_gettime(CLOCK_BOOTTIME, &sinceBoot) == 0
        else { return nil }
        let boot = seconds(now) - seconds(sinceBoot)
        // To the hundredth, which is what the kernel's ticks can say.
        return ((boot + ticks / ticksPerSecond) * 100).rounded() / 100
    }

    private static func seconds(_ time: timespec) -> Double {
        Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
