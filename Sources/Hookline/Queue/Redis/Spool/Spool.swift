import POSIX
import Synchronization

/// Drains what was spooled while Redis was away: rows of SQLite go into the shared queue, oldest
/// first, with their identity, so that what Redis has already is not there twice.
///
/// A batch at a time, and between two batches as long a pause as the batch took: half of Redis's
/// time is left to live traffic. What Redis refused is kept in hand until the pause is over, for
/// the store gives a row that it has back at once. Any thread; nothing here blocks.
final class Spool: Sendable {
    private struct State: Sendable {
        /// Rows that the store was asked for and has not given.
        var wanted = 0
        /// Rows that Redis is to answer for.
        var underWay = 0
        /// Rows that Redis did not take, to be given back to the store.
        var refused: [Int64] = []
        /// When the oldest row in hand was received, by priority.
        var oldest: [DeliveryPriority: Int64] = [:]
        /// Whether Redis took a row of the batch under way.
        var isMoving = false
        /// The pause after a batch of which Redis took nothing.
        var patienceNanoseconds: UInt64 = 0
        /// When the batch under way began.
        var startedNanoseconds: UInt64 = 0
        /// No batch begins before this.
        var pauseUntilNanoseconds: UInt64 = 0
        var isStopping = false
    }

    private static let batchRows = 512
    /// The first pause after a batch of which Redis took nothing, and the longest.
    private static let patience: (first: UInt64, last: UInt64) = (100_000_000, 5_000_000_000)
    private let queue: RedisQueue
    private let store: SQLiteQueue
    private let budgetNanoseconds: UInt64
    private let owedMax: Int64
    private let state = Mutex(State())

    /// Rows of `store` go into `queue`, each with so long a time for its answer, as long as fewer
    /// than `owedMax` deliveries are owed there.
    init(
        _ queue: RedisQueue, store: SQLiteQueue, budgetNanoseconds: UInt64,
        owedMax: Int64 = .max
    ) {
        self.queue = queue
        self.store = store
        self.budgetNanoseconds = budgetNanoseconds
        self.owedMax = owedMax
    }

    /// When the oldest row in hand was received, which the store counts as running: milliseconds
    /// since the epoch; nil without any.
    func oldestMilliseconds(_ priority: DeliveryPriority) -> Int64? {
        state.withLock { $0.oldest[priority] }
    }

    /// Gives back what Redis refused and asks for the next batch, when it is time. The timer
    /// thread.
    func tick() {
        let now = MonotonicClock.now()
        guard queue.isReady, queue.isReplicated, !isFull else { return }
        let (refused, more) = state.withLock { state -> ([Int64], Int) in
            guard state.underWay == 0, now >= state.pauseUntilNanoseconds, !state.isStopping
            else { return ([], 0) }
            defer { state.wanted = Self.batchRows }
            return (Self.letGo(&state), Self.batchRows - state.wanted)
        }
        if !refused.isEmpty { store.record(refused.map { .release(id: $0) }) }
        if more > 0 { store.want(more) }
    }

    /// Takes claimed rows. The store thread.
    func take(_ rows: [Delivery]) {
        let now = MonotonicClock.now()
        let isFull = self.isFull
        let isStopping = state.withLock { state in
            state.wanted = max(0, state.wanted - rows.count)
            guard !state.isStopping else { return true }
            if isFull { state.refused += rows.map(\.id) }
            if state.underWay == 0 { state.startedNanoseconds = now }
            if !isFull { state.underWay += rows.count }
            for row in rows {
                let oldest = state.oldest[row.webhook.priority] ?? .max
                state.oldest[row.webhook.priority] = min(oldest, row.owedSinceMilliseconds)
            }
            return false
        }
        guard !isStopping else { return store.record(rows.map { .release(id: $0.id) }) }
        // They are in hand until there is room.
        guard !isFull else { return }
        let appends = rows.map { row in
            RedisQueue.Append(
                webhook: row.webhook,
                ageMilliseconds: store.clock.age(of: row.owedSinceMilliseconds),
                deadlineNanoseconds: now + budgetNanoseconds)
        }
        queue.append(appends) { [self] index, outcome in ended(rows[index], outcome) }
    }

    /// Begins no more batches; what is under way comes to its end, or is drained after a restart.
    func stop() {
        let refused = state.withLock { state in
            state.isStopping = true
            return Self.letGo(&state)
        }
        if !refused.isEmpty { store.record(refused.map { .release(id: $0) }) }
    }

    /// True while as much is owed in Redis as may be, by the figures that were read last.
    private var isFull: Bool { queue.status?.owed ?? 0 >= owedMax }

    private func ended(_ row: Delivery, _ outcome: RedisAppend) {
        let isThere = outcome == .stored || outcome == .duplicate
        let now = MonotonicClock.now()
        // Whether Redis was asked at all: behind an open breaker it has refused nothing.
        let isReady = queue.isReady && queue.isReplicated
        let isKept = state.withLock { state in
            let isKept = !isThere && !state.isStopping
            if isThere { state.isMoving = true }
            if isKept { state.refused.append(row.id) }
            state.underWay -= 1
            if state.underWay == 0 { Self.batchEnded(&state, now, isReady) }
            return isKept
        }
        if isThere { store.record([row.completion]) }
        if !isThere && !isKept { store.record([.release(id: row.id)]) }
    }

    /// A batch that Redis did not take is no reason to be quick about the next one.
    private static func batchEnded(_ state: inout State, _ now: UInt64, _ isReady: Bool) {
        let took = now - min(now, state.startedNanoseconds)
        if state.isMoving || state.refused.isEmpty {
            state.patienceNanoseconds = 0
        } else {
            let longer = isReady ? state.patienceNanoseconds * 2 : 0
            state.patienceNanoseconds = min(patience.last, max(patience.first, longer))
        }
        state.pauseUntilNanoseconds = now + max(took, state.patienceNanoseconds)
        state.isMoving = false
        if state.refused.isEmpty { state.oldest = [:] }
    }

    /// The refused rows, which are in hand no more.
    private static func letGo(_ state: inout State) -> [Int64] {
        defer {
            state.refused = []
            if state.underWay == 0 { state.oldest = [:] }
        }
        return state.refused
    }
}
