import SQLite

/// Hands out what waits in the order of its receipt, due or not, each row once: the destination is
/// back after an outage, and the waits of retries that failed meanwhile serve nothing any more.
/// Confined to the store thread.
///
/// No row is written for it: a mark goes through them. What fails again on the way waits as usual.
final class DeliveryCatchUp {
    /// How far it has come.
    private struct Mark {
        var afterID: Int64 = 0
        var throughID: Int64
        var failedBeforeMilliseconds: Int64
    }

    /// Only where it runs.
    private var marks: [DeliveryPlace: Mark] = [:]
    /// As of the last transaction that was committed.
    private var committedMarks: [DeliveryPlace: Mark] = [:]
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
    func transactionBegins() { marks = committedMarks }

    /// The transaction was committed.
    func transactionCommitted() { committedMarks = marks }

    /// Begins with a destination's oldest row, and ends with the newest of this moment.
    func begin(of destination: Int64, nowMilliseconds: Int64) throws(SQLiteError) {
        defer { last.reset() }
        guard try last.step(), !last.isNull(0) else { return }
        let mark = Mark(
            throughID: last.integer(0), failedBeforeMilliseconds: nowMilliseconds)
        for priority in DeliveryPriority.allCases {
            marks[DeliveryPlace(destination: destination, priority)] = mark
        }
    }

    /// A query that stands on the next row of this place, with the columns of
    /// `StoreStatements.selectDue`; nil when none is left.
    func next(_ place: DeliveryPlace) throws(SQLiteError) -> Statement? {
        guard !marks.isEmpty, let mark = marks[place] else { return nil }
        var first: Statement?
        for query in queries {
            try query.bind(1, place.code)
            try query.bind(2, mark.afterID)
            try query.bind(3, mark.throughID)
            try query.bind(4, mark.failedBeforeMilliseconds)
            guard try query.step(), query.integer(0) < first?.integer(0) ?? .max else {
                query.reset()
                continue
            }
            first?.reset()
            first = query
        }
        if let first {
            marks[place]?.afterID = first.integer(0)
        } else {
            marks[place] = nil
        }
        return first
    }
}
