import POSIX
import Synchronization

/// Drains what was spooled while Redis was away: rows of SQLite go into the shared queue, oldest
/// first, with their identity, so that what Redis has already is not there twice.
///
/// A batch at a time, and between two batches as long a pause as the batch took: half of Redis's
/// time is left to live traffic. Any thread; nothing here blocks.
final class Spool: Sendable {
    private struct State: Sendable {
        /// Rows that the store was asked for and has not given.
        var wanted = 0
        /// Rows that Redis is to answer for.
        var underWay = 0
        /// When the batch under way began.
        var startedNanoseconds: UInt64 = 0
        /// No batch begins before this.
        var pauseUntilNanoseconds: UInt64 = 0
        var isStopping = false
    }

    private static let batchRows = 512
    private let queue: RedisQueue
    private let store: GroupCommit
    private let budgetNanoseconds: UInt64
    private let state = Mutex(State())

    /// Rows of `store` go into `queue`, each with so long a time for its answer.
    init(_ queue: RedisQueue, store: GroupCommit, budgetNanoseconds: UInt64) {
        self.queue = queue
        self.store = store
        self.budgetNanoseconds = budgetNanoseconds
    }

    /// Asks for the next batch when it is time for it. The timer thread.
    func tick() {
        let now = MonotonicClock.now()
        guard queue.isReady, queue.isReplicated else { return }
        let more = state.withLock { state -> Int in
            guard state.underWay == 0, now >= state.pauseUntilNanoseconds, !state.isStopping
            else { return 0 }
            defer { state.wanted = Self.batchRows }
            return Self.batchRows - state.wanted
        }
        store.want(more)
    }

    /// Takes claimed rows. The store thread.
    func take(_ rows: [Delivery]) {
        let now = MonotonicClock.now()
        let isStopping = state.withLock { state in
            state.wanted = max(0, state.wanted - rows.count)
            guard !state.isStopping else { return true }
            if state.underWay == 0 { state.startedNanoseconds = now }
            state.underWay += rows.count
            return false
        }
        guard !isStopping else { return store.record(rows.map { .release(id: $0.id) }) }
        let appends = rows.map { row in
            RedisQueue.Append(
                webhook: row.webhook, owedAnewMilliseconds: row.owedAnewMilliseconds,
                deadlineNanoseconds: now + budgetNanoseconds)
        }
        queue.append(appends) { [self] index, outcome in ended(rows[index], outcome) }
    }

    /// Begins no more batches; what is under way comes to its end, or is drained after a restart.
    func stop() { state.withLock { $0.isStopping = true } }

    private func ended(_ row: Delivery, _ outcome: RedisAppend) {
        let isThere = outcome == .stored || outcome == .duplicate
        store.record([isThere ? row.completion : .release(id: row.id)])
        let now = MonotonicClock.now()
        state.withLock { state in
            state.underWay -= 1
            guard state.underWay == 0 else { return }
            let took = now - min(now, state.startedNanoseconds)
            // A batch that Redis did not take is no reason to be quick about the next one.
            state.pauseUntilNanoseconds = now + (isThere ? took : max(took, 100_000_000))
        }
    }
}
