import SQLite

/// Every statement of the quarantine, compiled once. Confined to the store thread.
struct QuarantineStatements {
    /// What is needed of a row to count it.
    struct Row {
        let id: Int64
        let isProven: Bool
        let network: [UInt8]
        let bytes: Int
    }

    /// The rows of one source that are not proven, or all proven ones (no network).
    struct Group {
        let network: [UInt8]?
        let rows: Int
        let bytes: Int
    }

    private let insertRow: Statement
    private let findFingerprint: Statement
    private let findID: Statement
    private let deleteRow: Statement
    private let setProven: Statement
    private let firstUnproven: Statement
    private let firstProven: Statement
    private let firstRows: Statement
    private let count: Statement
    private let maxID: Statement
    private let pageRows: Statement
    private let pageProven: Statement
    private let oneRow: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        let counted = "SELECT id, proven, network, bytes FROM quarantine"
        let whole =
            "SELECT id, received_ms, reason, hint, proven, source, bytes, head, body, "
            + "fingerprint, checksum FROM quarantine"
        insertRow = try connection.prepare(
            """
            INSERT INTO quarantine(
                fingerprint, received_ms, reason, hint, proven, source, network, bytes, head, body,
                kept_ms, checksum)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id
            """)
        findFingerprint = try connection.prepare("\(counted) WHERE fingerprint=?1")
        findID = try connection.prepare("\(counted) WHERE id=?1")
        deleteRow = try connection.prepare("DELETE FROM quarantine WHERE id=?1")
        setProven = try connection.prepare("UPDATE quarantine SET proven=1, hint=?2 WHERE id=?1")
        firstUnproven = try connection.prepare(
            """
            SELECT id, proven, network, bytes FROM quarantine INDEXED BY quarantine_unproven
            WHERE proven=0 AND network=?1 ORDER BY id LIMIT 1
            """)
        firstProven = try connection.prepare(
            """
            SELECT id, proven, network, bytes FROM quarantine INDEXED BY quarantine_proven
            WHERE proven=1 ORDER BY id LIMIT 1
            """)
        firstRows = try connection.prepare(
            "SELECT id, proven, network, bytes, kept_ms FROM quarantine ORDER BY id LIMIT ?1")
        count = try connection.prepare(
            """
            SELECT network, count(*), sum(bytes) FROM quarantine WHERE proven=0 GROUP BY network
            UNION ALL SELECT NULL, count(*), sum(bytes) FROM quarantine WHERE proven=1
            """)
        maxID = try connection.prepare("SELECT max(id) FROM quarantine")
        pageRows = try connection.prepare(
            """
            \(whole) WHERE id>?1 AND id<=?2 ORDER BY id
            """)
        pageProven = try connection.prepare(
            """
            \(whole) INDEXED BY quarantine_proven
            WHERE proven=1 AND id>?1 AND id<=?2 ORDER BY id
            """)
        oneRow = try connection.prepare("\(whole) WHERE id=?1")
    }

    /// Adds a row and returns its id.
    func insert(
        _ request: QuarantinedRequest, row: Row, fingerprint: Identity, head: [UInt8],
        hint: String?, keptMilliseconds: Int64
    ) throws(SQLiteError) -> Int64 {
        try insertRow.bind(1, fingerprint.bytes)
        try insertRow.bind(2, request.receivedMilliseconds)
        try insertRow.bind(3, request.reason.rawValue)
        if let hint { try insertRow.bind(4, hint) } else { try insertRow.bindNull(4) }
        try insertRow.bind(5, row.isProven ? 1 : 0)
        try insertRow.bind(6, request.source)
        try insertRow.bind(7, row.network)
        try insertRow.bind(8, Int64(row.bytes))
        try insertRow.bind(9, head)
        try insertRow.bind(10, request.request.body)
        try insertRow.bind(11, keptMilliseconds)
        try insertRow.bind(
            12,
            RowChecksum.of(
                fingerprint: fingerprint.bytes,
                receivedMilliseconds: request.receivedMilliseconds,
                word: Array(request.reason.rawValue.utf8), head: head, body: request.request.body))
        defer { insertRow.reset() }
        return try insertRow.step() ? insertRow.integer(0) : 0
    }

    func find(_ fingerprint: Identity) throws(SQLiteError) -> Row? {
        try findFingerprint.bind(1, fingerprint.bytes)
        return try first(findFingerprint)
    }

    func find(_ id: Int64) throws(SQLiteError) -> Row? {
        try findID.bind(1, id)
        return try first(findID)
    }

    func delete(_ id: Int64) throws(SQLiteError) {
        try deleteRow.bind(1, id)
        try deleteRow.run()
    }

    func markProven(_ id: Int64, hint: String?) throws(SQLiteError) {
        try setProven.bind(1, id)
        if let hint { try setProven.bind(2, hint) } else { try setProven.bindNull(2) }
        try setProven.run()
    }

    func oldestUnproven(of network: [UInt8]) throws(SQLiteError) -> Row? {
        try firstUnproven.bind(1, network)
        return try first(firstUnproven)
    }

    func oldestProven() throws(SQLiteError) -> Row? { try first(firstProven) }

    /// Those of the `count` first rows that are kept since before `milliseconds`.
    func oldest(count: Int, before milliseconds: Int64) throws(SQLiteError) -> [Row] {
        try firstRows.bind(1, Int64(count))
        defer { firstRows.reset() }
        var rows: [Row] = []
        while try firstRows.step() {
            if firstRows.integer(4) < milliseconds { rows.append(Self.row(firstRows)) }
        }
        return rows
    }

    func groups() throws(SQLiteError) -> [Group] {
        defer { count.reset() }
        var groups: [Group] = []
        while try count.step() {
            groups.append(
                Group(
                    network: count.isNull(0) ? nil : count.bytes(0), rows: Int(count.integer(1)),
                    bytes: Int(count.integer(2))))
        }
        return groups
    }

    func lastID() throws(SQLiteError) -> Int64 {
        defer { maxID.reset() }
        return try maxID.step() ? maxID.integer(0) : 0
    }

    /// The rows that a query asks for, and where the next one goes on.
    func page(_ query: QuarantinePage) throws(SQLiteError) -> QuarantinePage.Answer {
        let statement = query.isProvenOnly ? pageProven : pageRows
        try statement.bind(1, query.afterID)
        try statement.bind(2, query.throughID)
        defer { statement.reset() }
        var answer = QuarantinePage.Answer(lastID: query.afterID)
        var looked = 0
        var bytes = 0
        while true {
            guard try statement.step() else {
                answer.isAtEnd = true
                return answer
            }
            looked += 1
            bytes += Int(statement.integer(6))
            answer.lastID = statement.integer(0)
            if query.reason == nil || query.reason?.rawValue == statement.text(2) {
                answer.rows.append(QuarantinedRow(statement, withBody: query.withBodies))
            }
            if looked >= query.rowsMax || bytes >= query.bytesRead {
                return answer
            }
        }
    }

    func row(_ id: Int64) throws(SQLiteError) -> QuarantinedRow? {
        try oneRow.bind(1, id)
        defer { oneRow.reset() }
        return try oneRow.step() ? QuarantinedRow(oneRow) : nil
    }

    private func first(_ query: Statement) throws(SQLiteError) -> Row? {
        defer { query.reset() }
        return try query.step() ? Self.row(query) : nil
    }

    private static func row(_ query: Statement) -> Row {
        Row(
            id: query.integer(0), isProven: query.integer(1) != 0, network: query.bytes(2),
            bytes: Int(query.integer(3)))
    }
}
