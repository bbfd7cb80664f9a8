import Synchronization

/// What other threads may know of the store; written by the store thread after each transaction.
final class StoreStatus: Sendable {
    private struct Figures: Sendable {
        var counts: DeliveryCounts?
        var oldest: [DeliveryPriority: Int64] = [:]
        var replies: OutboundRows.Counts?
        var oldestReply: Int64?
    }

    private let figures = Mutex(Figures())
    private let owedRows = Atomic<Int64>(0)
    private let commitStarted = Atomic<UInt64>(0)
    private let broken = Atomic<Bool>(false)
    private let damaged = Atomic<Bool>(false)
    private let gone = Atomic<Bool>(false)
    private let alive = Atomic<Bool>(true)
    private let troublePlace = Atomic<Int>(0)
    private let pulse = Atomic<UInt64>(0)
    private let logFrames = Atomic<Int>(-1)
    private let unverifiedRows = Atomic<Int>(-1)

    /// Rows that are owed, as of the last transaction.
    var owed: Int64 { owedRows.load(ordering: .relaxed) }

    /// True after a failed fsync: this process writes no more.
    var isBroken: Bool { broken.load(ordering: .acquiring) }

    /// True from the moment SQLite found the database damaged until another one is open.
    var isDamaged: Bool { damaged.load(ordering: .acquiring) }

    /// True once somebody took the data folder, or a file of the store, away: what would be
    /// written now would be in files that nobody finds.
    var isGone: Bool { gone.load(ordering: .acquiring) }
    /// Why transactions fail, nil while they do not.
    var trouble: UnavailableCause? {
        UnavailableCause(place: troublePlace.load(ordering: .relaxed))
    }

    /// True while nothing new is taken, because it could not be stored.
    var isRefusing: Bool { trouble == .diskFull }

    /// When the store thread turned last; 0 before it began. Monotonic nanoseconds.
    var turnedNanoseconds: UInt64 { pulse.load(ordering: .relaxed) }

    /// When the transaction under way began; 0 when there is none. Monotonic nanoseconds.
    var commitStartedNanoseconds: UInt64 { commitStarted.load(ordering: .relaxed) }

    /// False once the store thread has ended; a commit that hangs is not an end.
    var isAlive: Bool { alive.load(ordering: .relaxed) }

    /// The counts, nil before the store was opened and after it broke.
    var counts: DeliveryCounts? { isBroken ? nil : figures.withLock { $0.counts } }

    /// Replies, nil before the store was opened and after it broke.
    var replies: OutboundRows.Counts? { isBroken ? nil : figures.withLock { $0.replies } }

    /// Since when the oldest reply is owed, by the store's clock; nil when none is.
    var oldestReplyMilliseconds: Int64? { figures.withLock { $0.oldestReply } }

    /// Frames of the write-ahead log, nil while unknown.
    var walFrames: Int? {
        let frames = logFrames.load(ordering: .relaxed)
        return frames < 0 || isBroken ? nil : frames
    }

    /// Requests that are stored unverified, nil while unknown.
    var unverified: Int? {
        let rows = unverifiedRows.load(ordering: .relaxed)
        return rows < 0 || isBroken ? nil : rows
    }

    /// When the oldest owed message was received, nil when none is owed; epoch milliseconds.
    func oldestMilliseconds(_ priority: DeliveryPriority) -> Int64? {
        figures.withLock { $0.oldest[priority] }
    }

    func publish(_ counts: DeliveryCounts, walFrames: Int, unverified: Int = 0) {
        figures.withLock { $0.counts = counts }
        owedRows.store(counts.owed, ordering: .relaxed)
        logFrames.store(walFrames, ordering: .relaxed)
        unverifiedRows.store(unverified, ordering: .relaxed)
    }

    func publish(replies: OutboundRows.Counts, oldest: Int64?) {
        figures.withLock { figures in
            figures.replies = replies
            figures.oldestReply = oldest
        }
    }

    func publish(oldest: [DeliveryPriority: Int64]) {
        figures.withLock { $0.oldest = oldest }
    }

    func enter(_ trouble: UnavailableCause) {
        troublePlace.store(trouble.place, ordering: .relaxed)
    }

    func leaveTrouble() { troublePlace.store(0, ordering: .relaxed) }

    func turned(at nanoseconds: UInt64) { pulse.store(nanoseconds, ordering: .relaxed) }

    func ended() { alive.store(false, ordering: .relaxed) }

    func commitBegan(at nanoseconds: UInt64) {
        commitStarted.store(nanoseconds, ordering: .relaxed)
    }

    func commitEnded() { commitStarted.store(0, ordering: .relaxed) }

    func markBroken() { broken.store(true, ordering: .releasing) }

    func markDamaged(_ isDamaged: Bool = true) { damaged.store(isDamaged, ordering: .releasing) }

    func markGone(_ isGone: Bool) { gone.store(isGone, ordering: .releasing) }
}
