/// What this process uses at one moment: the readings of `ProcessMetrics`, for those who watch
/// themselves between scrapes. What cannot be read is nil.
public struct ProcessUsage: Sendable {
    /// User and system time since the start, in seconds, to a hundredth.
    public var cpuSeconds: Double?
    /// Resident memory in bytes.
    public var residentBytes: Double?
    /// Open file descriptors.
    public var openDescriptors: Double?

    /// Usage from its parts.
    public init(cpuSeconds: Double?, residentBytes: Double?, openDescriptors: Double?) {
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.openDescriptors = openDescriptors
    }

    /// Reads it now: three small files of the proc file system. Any thread.
    public static func read() -> ProcessUsage {
        ProcessUsage(
            cpuSeconds: ProcessMetrics.cpuSeconds(statFile: "/proc/self/stat"),
            residentBytes: ProcessMetrics.residentBytes(statFile: "/proc/self/stat"),
            openDescriptors: ProcessFile.openDescriptors(in: "/proc/self/fd"))
    }
}
