import SQLite

/// What an attempt that did not deliver leaves in its row.
struct AttemptStatements {
    private let fail: Statement
    private let unclaim: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        fail = try connection.prepare(
            """
            UPDATE delivery SET state=?2, due_ms=?3, reason=?4, failed_ms=?5, failed_status=?6,
                failure=?7
            WHERE id=?1
            """)
        unclaim = try connection.prepare(
            """
            UPDATE delivery SET state=0, due_ms=0, attempts=max(0, attempts-1)
            WHERE id=?1 AND state=1 RETURNING priority
            """)
    }

    /// Moves a delivery that exists, and keeps why its attempt failed.
    func move(
        _ id: Int64, to state: DeliveryState, due: Int64, reason: String?, _ failure: AttemptFailure
    ) throws(SQLiteError) {
        try fail.bind(1, id)
        try fail.bind(2, state.code)
        try fail.bind(3, due)
        if let reason { try fail.bind(4, reason) } else { try fail.bindNull(4) }
        try fail.bind(5, failure.milliseconds)
        if let status = failure.status {
            try fail.bind(6, Int64(status))
        } else {
            try fail.bindNull(6)
        }
        try fail.bind(7, failure.text)
        try fail.run()
    }

    /// Gives back a running delivery that was not attempted, due before all others; returns its
    /// place, nil when it is not running.
    func unclaim(_ id: Int64) throws(SQLiteError) -> DeliveryPlace? {
        try unclaim.bind(1, id)
        defer { unclaim.reset() }
        return try unclaim.step() ? DeliveryPlace(code: unclaim.integer(0)) : nil
    }
}

extension Schema {
    /// The last failed attempt of a delivery, NULL before there was one.
    ///
    /// `failed_ms` is when it ended, `failed_status` the status of the answer or NULL, `failure`
    /// an `AttemptFailure`'s text.
    static let lastFailure = """
        ALTER TABLE delivery ADD COLUMN failed_ms INTEGER;
        ALTER TABLE delivery ADD COLUMN failed_status INTEGER;
        ALTER TABLE delivery ADD COLUMN failure TEXT;
        """
}
