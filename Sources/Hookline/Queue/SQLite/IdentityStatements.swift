import SQLite

/// The statements of `SeenIdentities`, compiled once.
struct IdentityStatements {
    let insert: BulkInsert
    let find: Statement
    let seen: Statement
    let delete: Statement
    let deleteRange: Statement
    let mark: Statement
    let enter: Statement
    let leave: Statement
    let setMark: Statement
    let unindexed: Statement
    let oldest: Statement
    let lastID: Statement
    let indexedRange: Statement
    let indexedAfter: Statement

    /// `rowsMax` is how many deliveries a message has at most.
    init(_ connection: Connection, rowsMax: Int = 1) throws(SQLiteError) {
        insert = try BulkInsert(connection, into: "identity", ["id", "key", "seen_ms"])
        find = try connection.prepare("SELECT id FROM identity_index WHERE key=?1")
        seen = try connection.prepare("SELECT seen_ms FROM identity WHERE id=?1")
        delete = try connection.prepare("DELETE FROM identity WHERE id=?1")
        deleteRange = try connection.prepare("DELETE FROM identity WHERE id BETWEEN ?1 AND ?2")
        mark = try connection.prepare("SELECT indexed_id FROM identity_mark")
        enter = try connection.prepare(
            "INSERT OR REPLACE INTO identity_index(key, id) VALUES(?1, ?2)")
        leave = try connection.prepare("DELETE FROM identity_index WHERE key=?1 AND id=?2")
        setMark = try connection.prepare("UPDATE identity_mark SET indexed_id=?1")
        unindexed = try connection.prepare(
            "SELECT id, key FROM identity WHERE id > (SELECT indexed_id FROM identity_mark)")
        let ofMessage =
            rowsMax == 1
            ? "delivery.id=identity.id"
            : "delivery.id BETWEEN identity.id-\(rowsMax - 1) AND identity.id "
                + "AND delivery.identity=identity.key"
        // Ids rise with time, so the oldest are the first: no index on the time is needed.
        oldest = try connection.prepare(
            """
            SELECT id, key, seen_ms, EXISTS(
                SELECT 1 FROM delivery WHERE \(ofMessage))
            FROM identity WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3
            """)
        indexedRange = try connection.prepare(
            """
            SELECT CASE WHEN EXISTS(SELECT 1 FROM identity_index)
            THEN max(1, coalesce(
                (SELECT indexed_id FROM identity_mark) - (SELECT min(id) FROM identity), 1))
            ELSE 0 END
            """)
        indexedAfter = try connection.prepare(
            "SELECT key FROM identity_index WHERE key >= ?1 ORDER BY key LIMIT ?2")
        lastID = try connection.prepare("SELECT max(id) FROM identity")
    }
}
