import POSIX
import SQLite

/// Where replies are taken from and what became of them is written: work of the store thread, which
/// says on that thread how it ended. Any thread.
protocol OutboundDesk: Sendable {
    /// The time that replies are counted by.
    var clock: StoreClock { get }
    /// Claims up to `count` replies that are due, durably; also tells when the next one may be.
    func claimReplies(
        _ count: Int,
        _ done: @escaping @Sendable (Result<ClaimedReplies, StoreTaskFailure>) -> Void)
    /// Writes down what became of replies.
    func recordReplies(
        _ changes: [OutboundChange],
        _ done: @escaping @Sendable (Result<LookCounts, StoreTaskFailure>) -> Void)
}

/// What a claim brought.
struct ClaimedReplies: Sendable {
    var rows: [OutboundRow] = []
    /// By the store's clock; nil when nothing else waits.
    var nextDueMilliseconds: Int64?
}

extension SQLiteQueue: OutboundDesk {
    func claimReplies(
        _ count: Int,
        _ done: @escaping @Sendable (Result<ClaimedReplies, StoreTaskFailure>) -> Void
    ) {
        change(done) { store throws(SQLiteError) in
            let rows = try store.outbound.claim(
                count, nowMilliseconds: store.clock.nowMilliseconds,
                wallMilliseconds: WallClock.nowMilliseconds())
            return ClaimedReplies(
                rows: rows, nextDueMilliseconds: try store.outbound.nextDueMilliseconds())
        }
    }

    func recordReplies(
        _ changes: [OutboundChange],
        _ done: @escaping @Sendable (Result<LookCounts, StoreTaskFailure>) -> Void
    ) {
        change(done) { store throws(SQLiteError) in
            try store.outbound.apply(
                changes, nowMilliseconds: store.clock.nowMilliseconds,
                wallMilliseconds: WallClock.nowMilliseconds())
        }
    }

    /// Leaves a change to the store thread; `done` hears of it after its commit.
    private func change<Value: Sendable>(
        _ done: @escaping @Sendable (Result<Value, StoreTaskFailure>) -> Void,
        _ body: @escaping @Sendable (DeliveryStore) throws(SQLiteError) -> Value
    ) {
        let result = Promise<Value>()
        let job = StoreTasks.Job(
            access: .writing,
            run: { store throws(SQLiteError) in result.set(try body(store)) },
            finish: { failure in done(failure.map { .failure($0) } ?? .success(result.wait())) })
        if jobs.leave(job) { bell.ring() }
    }
}
