import SQLite

/// Hands out what waits in the order of its receipt, due or not, each row once: the destination is
/// back after an outage, and the waits of retries that failed meanwhile serve nothing any more.
/// Confined to the store thread.
///
/// No row is written for it: a mark goes through them. What fails again on the way waits as usual.
final class DeliveryCatchUp {
    /// How far it has come.
    private struct Mark {
        /// By priority; empty when it does not run.
        var afterID: [DeliveryPriority: Int64] = [:]
        var throughID: Int64 = 0
        var failedBeforeMilliseconds: Int64 = 0
    }

    private var mark = Mark()
    /// As of the last transaction that was committed.
    private var committedMark = Mark()
    /// One for each state that waits.
    private let queries: [Statement]
    private let last: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        var queries: [Statement] = []
        for state in [DeliveryState.available, .retryable] {
            queries.append(
                try connection.prepare(
                    """
                    SELECT id, attempts, state, kind, received_ms, identity, head, body, owed_ms,
                    checksum
                    FROM delivery INDEXED BY delivery_state
                    WHERE state=\(state.code) AND state<>1 AND priority=?1 AND id > ?2
                        AND id <= ?3 AND (failed_ms IS NULL OR failed_ms < ?4)
                    ORDER BY id LIMIT 1
                    """))
        }
        self.queries = queries
        last = try connection.prepare("SELECT max(id) FROM delivery")
    }

    /// A transaction begins: what one without effect has gone through is gone through again.
    func transactionBegins() { mark = committedMark }

    /// The transaction was committed.
    func transactionCommitted() { committedMark = mark }

    /// Begins with the oldest row, and ends with the newest of this moment.
    func begin(nowMilliseconds: Int64) throws(SQLiteError) {
        defer { last.reset() }
        guard try last.step(), !last.isNull(0) else { return }
        mark.throughID = last.integer(0)
        mark.failedBeforeMilliseconds = nowMilliseconds
        for priority in DeliveryPriority.allCases { mark.afterID[priority] = 0 }
    }

    /// A query that stands on the next row of this priority, with the columns of
    /// `StoreStatements.selectDue`; nil when none is left.
    func next(_ priority: DeliveryPriority) throws(SQLiteError) -> Statement? {
        guard let after = mark.afterID[priority] else { return nil }
        var first: Statement?
        for query in queries {
            try query.bind(1, priority.code)
            try query.bind(2, after)
            try query.bind(3, mark.throughID)
            try query.bind(4, mark.failedBeforeMilliseconds)
            guard try query.step(), query.integer(0) < first?.integer(0) ?? .max else {
                query.reset()
                continue
            }
            first?.reset()
            first = query
        }
        mark.afterID[priority] = first?.integer(0)
        return first
    }
}
