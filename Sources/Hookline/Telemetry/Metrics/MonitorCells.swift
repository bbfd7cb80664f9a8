import Prometheus
import Synchronization

/// What the monitor is fed with on the path of a request: for each shard a distribution of the
/// response time and of each phase, and counts of outcomes, which only grow.
///
/// An observation is a few relaxed loads and stores in memory that only its own thread writes; no
/// lock, no allocation. Once a second the timer thread adds the shards up (`read`), and the window
/// is the difference of two such sums.
final class MonitorCells: Sendable {
    /// One distribution's counters; 32 bits, because differences over a window are all that is
    /// used.
    typealias Buckets = InlineArray<578, Atomic<UInt32>>

    /// The cells of one thread; a class, because atomics cannot be moved.
    private final class Shard: Sendable {
        let response = Buckets { _ in Atomic(0) }
        let phases = InlineArray<5, Buckets> { _ in Buckets { _ in Atomic(0) } }
        let outcomes = InlineArray<7, Atomic<UInt64>> { _ in Atomic(0) }
        let late = InlineArray<2, Atomic<UInt64>> { _ in Atomic(0) }
    }

    /// Sums over all shards at one moment.
    struct Sums: Sendable {
        /// Genuine requests by bucket of their response time.
        var response = [UInt32](repeating: 0, count: MonitorBuckets.count)
        /// Genuine requests by bucket, for each phase in the order of `WebhookPhase.allCases`.
        var phases = [[UInt32]](
            repeating: [UInt32](repeating: 0, count: MonitorBuckets.count),
            count: WebhookPhase.allCases.count)
        /// Requests in the order of `WebhookOutcome.allCases`.
        var outcomes = [UInt64](repeating: 0, count: WebhookOutcome.allCases.count)
        /// Genuine requests above each threshold.
        var late = [UInt64](repeating: 0, count: 2)
    }

    /// Thresholds of the response time in nanoseconds; above each, requests are counted exactly,
    /// so that a verdict does not depend on the width of a bucket.
    let thresholds: (warning: UInt64, critical: UInt64)
    private let shards: [Shard]

    /// Cells for so many threads.
    init(shards: Int, thresholds: (warning: UInt64, critical: UInt64)) {
        precondition(Buckets.count == MonitorBuckets.count, "one cell a bucket")
        precondition(WebhookPhase.allCases.count == 5 && WebhookOutcome.allCases.count == 7)
        self.thresholds = thresholds
        self.shards = (0..<shards).map { _ in Shard() }
    }

    /// Counts one answered webhook; the shard's own thread.
    func observe(_ timing: ReplyTiming, outcome: WebhookOutcome) {
        let shard = shards[timing.shard]
        Self.increment(shard.outcomes[outcome.place])
        guard outcome.isGenuine else { return }
        let duration = timing.duration
        Self.increment(shard.response[MonitorBuckets.index(nanoseconds: duration)])
        Self.count(timing.receive, in: shard.phases[WebhookPhase.receive.place])
        Self.count(timing.validation, in: shard.phases[WebhookPhase.validation.place])
        Self.count(timing.acknowledgement, in: shard.phases[WebhookPhase.acknowledgement.place])
        Self.count(timing.response, in: shard.phases[WebhookPhase.response.place])
        if duration > thresholds.warning { Self.increment(shard.late[0]) }
        if duration > thresholds.critical { Self.increment(shard.late[1]) }
    }

    /// Counts the time from a receipt to the first attempt; the shard's own thread.
    func observeBackground(nanoseconds: UInt64, shard: Int) {
        Self.count(nanoseconds, in: shards[shard].phases[WebhookPhase.background.place])
    }

    /// The sums now. Any thread; what other threads count meanwhile may be in it or not.
    func read() -> Sums {
        var sums = Sums()
        for shard in shards {
            Self.add(shard.response, to: &sums.response)
            for phase in 0..<5 { Self.add(shard.phases[phase], to: &sums.phases[phase]) }
            for place in sums.outcomes.indices {
                sums.outcomes[place] += shard.outcomes[place].load(ordering: .relaxed)
            }
            for place in 0..<2 { sums.late[place] += shard.late[place].load(ordering: .relaxed) }
        }
        return sums
    }

    private static func count(_ nanoseconds: UInt64, in buckets: borrowing Buckets) {
        increment(buckets[MonitorBuckets.index(nanoseconds: nanoseconds)])
    }

    // Load and store rather than an atomic addition, which costs several times as much: a shard
    // has one writing thread. Relaxed: each cell is a number of its own.
    private static func increment(_ cell: borrowing Atomic<UInt32>) {
        cell.store(cell.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    private static func increment(_ cell: borrowing Atomic<UInt64>) {
        cell.store(cell.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    private static func add(_ buckets: borrowing Buckets, to sums: inout [UInt32]) {
        for index in sums.indices { sums[index] &+= buckets[index].load(ordering: .relaxed) }
    }
}
