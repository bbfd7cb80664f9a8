import Synchronization

/// How many dead letters are kept, and for how long. What is beyond is deleted, the oldest first.
struct DeadLetterLimits: Sendable {
    /// Dead letters at most.
    var rowsMax = 1_000_000
    /// For so long after they were given up.
    var retentionMilliseconds: Int64 = 30 * 86_400_000
}

/// Counts dead letters that were deleted, and says so in the log once a minute. Any thread.
final class DeadLetterNotice: Sendable {
    private let metrics: ReceiverMetrics
    private let log: Log
    private let gate = OncePerMinute()
    private let untold = Mutex<[DeadLetterDrop: Int]>([:])

    init(metrics: ReceiverMetrics, log: Log) {
        self.metrics = metrics
        self.log = log
    }

    /// So many were deleted.
    func dropped(_ counts: [DeadLetterDrop: Int]) {
        for (reason, count) in counts {
            metrics.deadLettersDropped[reason].add(UInt64(count), shard: metrics.backgroundShard)
        }
        untold.withLock { $0.merge(counts, uniquingKeysWith: +) }
        guard gate.takeTurn() else { return }
        let told = untold.withLock { untold in
            defer { untold = [:] }
            return untold
        }
        log.write(
            LogLine(.warning, "dead letters were deleted, the oldest first")
                .with("too_old", told[.age] ?? 0).with("too_many", told[.count] ?? 0))
    }
}
