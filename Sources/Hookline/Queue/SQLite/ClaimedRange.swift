import SQLite

/// Where the rows are that run and stand in no index. Confined to the store thread, inside the
/// caller's transaction.
///
/// A message that is claimed as it is appended enters no index, because most of them are complete
/// and gone a moment later. After a crash they must be found all the same, and without reading
/// the whole table: so their numbers always lie in a range of at most `rowsMax` behind the last
/// one. Before the range moves on, those that still run behind it enter the index of what runs.
final class ClaimedRange {
    /// Numbers that the range spans.
    private let rowsMax: Int64
    private let setMark: Statement
    private let enterIndex: Statement
    /// The range begins after this number, as of the last transaction that ended.
    private(set) var afterID: Int64
    /// What the transaction under way will have made of it.
    private var pending: Int64

    /// Makes available what a dead process held, and begins the range after `lastID`, the last
    /// number that was given.
    init(
        _ connection: Connection, lastID: Int64, rowsMax: Int64 = 4096
    ) throws(SQLiteError) {
        self.rowsMax = rowsMax
        setMark = try connection.prepare("UPDATE delivery_mark SET after_id=?1, through_id=?2")
        enterIndex = try connection.prepare(
            """
            UPDATE delivery SET due_ms=-due_ms
            WHERE id>?1 AND id<=?2 AND state=1 AND due_ms>0
            """)
        afterID = lastID
        pending = lastID
        try connection.execute("BEGIN IMMEDIATE")
        try connection.execute(
            """
            UPDATE delivery SET state=0, due_ms=-due_ms WHERE state=1 AND due_ms<=0;
            UPDATE delivery SET state=0 WHERE id>(SELECT after_id FROM delivery_mark)
            AND id<=(SELECT through_id FROM delivery_mark) AND state=1
            """)
        try mark(lastID)
        try connection.execute("COMMIT")
    }

    /// A transaction begins.
    func begin() { pending = afterID }

    /// The transaction was committed.
    func committed() { afterID = pending }

    /// Deliveries with numbers up to this one were added, some of which may run.
    func added(upTo lastID: Int64) throws(SQLiteError) {
        guard lastID > pending + rowsMax else { return }
        let next = lastID - rowsMax / 2
        try enterIndex.bind(1, pending)
        try enterIndex.bind(2, next)
        try enterIndex.run()
        try mark(next)
        pending = next
    }

    private func mark(_ afterID: Int64) throws(SQLiteError) {
        try setMark.bind(1, afterID)
        try setMark.bind(2, afterID + rowsMax)
        try setMark.run()
    }
}
