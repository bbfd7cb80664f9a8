import POSIX

/// Gives memory back that a burst has left behind.
///
/// The C library keeps what was freed, for the next time, and a burst may have taken a hundred
/// times what a quiet hour needs. So when the process was busy and has become quiet, its free
/// memory goes back to the system, once. Confined to the timer thread.
struct BurstMemory {
    /// How long it looks at a time.
    private static let windowNanoseconds: UInt64 = 5_000_000_000
    /// The process is busy above this share of one processor, and quiet below the other.
    private static let busyShare = 0.2
    private static let quietShare = 0.1

    private var beginNanoseconds: UInt64
    private var beginProcessor: UInt64
    private var wasBusy = false

    /// Begins to look.
    init(
        nowNanoseconds: UInt64 = MonotonicClock.now(),
        processorNanoseconds: UInt64 = ProcessMemory.processorNanoseconds()
    ) {
        beginNanoseconds = nowNanoseconds
        beginProcessor = processorNanoseconds
    }

    /// True when it is time to give memory back. `processor` is read once in five seconds.
    mutating func isTime(nowNanoseconds now: UInt64, processor: () -> UInt64) -> Bool {
        guard now >= beginNanoseconds + Self.windowNanoseconds else { return false }
        let used = processor()
        let share = Double(used - beginProcessor) / Double(now - beginNanoseconds)
        (beginNanoseconds, beginProcessor) = (now, used)
        if share >= Self.busyShare { wasBusy = true }
        guard wasBusy, share < Self.quietShare else { return false }
        wasBusy = false
        return true
    }

    /// Gives memory back when it is time.
    mutating func tick() {
        let isTime = isTime(nowNanoseconds: MonotonicClock.now()) {
            ProcessMemory.processorNanoseconds()
        }
        if isTime { ProcessMemory.giveBack() }
    }
}
