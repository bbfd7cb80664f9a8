import SQLite

/// Looks at deliveries without changing them, a bounded number of rows a call. Confined to the
/// store thread.
struct DeliveryListing {
    private let all: Statement
    private let dead: Statement
    private let one: Statement
    private let maxID: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        let columns =
            "SELECT id, state, priority, kind, received_ms, attempts, due_ms, reason, head, "
            + "length(body) FROM delivery"
        all = try connection.prepare("\(columns) WHERE id>?1 AND id<=?2 ORDER BY id")
        dead = try connection.prepare(
            "\(columns) INDEXED BY delivery_dead WHERE state=3 AND id>?1 AND id<=?2 ORDER BY id")
        one = try connection.prepare(
            "SELECT id, state, priority, kind, received_ms, attempts, due_ms, reason, head, "
                + "length(body), identity, body FROM delivery WHERE id=?1")
        maxID = try connection.prepare("SELECT max(id) FROM delivery")
    }

    /// The rows that a page asks for.
    func page(_ page: DeliveryPage) throws(SQLiteError) -> DeliveryPage.Answer<DeliveryRow> {
        try self.page(page) { DeliveryRow($0) }
    }

    /// The ids of the rows that a page asks for.
    func ids(_ page: DeliveryPage) throws(SQLiteError) -> DeliveryPage.Answer<Int64> {
        try self.page(page) { $0.integer(0) }
    }

    private func page<Row>(
        _ page: DeliveryPage, _ make: (Statement) -> Row
    ) throws(SQLiteError) -> DeliveryPage.Answer<Row> {
        let query = page.state == .deadLettered ? dead : all
        try query.bind(1, page.afterID)
        try query.bind(2, page.throughID)
        defer { query.reset() }
        var answer = DeliveryPage.Answer<Row>(lastID: page.afterID)
        for _ in 0..<page.rowsMax {
            guard try query.step() else {
                answer.isAtEnd = true
                return answer
            }
            answer.lastID = query.integer(0)
            if page.state.map({ $0.code == query.integer(1) }) ?? true,
                page.reason.map({ $0.rawValue == query.text(7) }) ?? true
            {
                answer.rows.append(make(query))
            }
        }
        return answer
    }

    /// One delivery with its body; nil when there is none, or its head is damaged.
    func delivery(_ id: Int64) throws(SQLiteError) -> (row: DeliveryRow, webhook: Webhook?)? {
        try one.bind(1, id)
        defer { one.reset() }
        guard try one.step() else { return nil }
        let webhook = WebhookHead(stored: one.bytes(8)).map { head in
            Webhook(
                kind: WebhookKind(code: one.integer(3)),
                priority: DeliveryPriority(code: one.integer(2)),
                identity: Identity(stored: one.bytes(10)), receivedMilliseconds: one.integer(4),
                head: head, body: one.bytes(11))
        }
        return (DeliveryRow(one), webhook)
    }

    /// True for a dead letter.
    func isDeadLetter(_ id: Int64) throws(SQLiteError) -> Bool {
        try one.bind(1, id)
        defer { one.reset() }
        return try one.step() && one.integer(1) == DeliveryState.deadLettered.code
    }

    /// The largest id of a delivery; 0 when there is none.
    func lastID() throws(SQLiteError) -> Int64 {
        defer { maxID.reset() }
        return try maxID.step() ? maxID.integer(0) : 0
    }
}

extension DeliveryRow {
    /// The row that a query with the columns of `DeliveryListing` stands on.
    init(_ query: Statement) {
        let isDead = query.integer(1) == DeliveryState.deadLettered.code
        let sid = WebhookHead(stored: query.bytes(8)).map { $0[.messageSID] } ?? []
        id = query.integer(0)
        state = (DeliveryState(code: query.integer(1)) ?? .available).rawValue
        priority = DeliveryPriority(code: query.integer(2)).rawValue
        kind = WebhookKind(code: query.integer(3)).rawValue
        received = Timestamp.text(milliseconds: query.integer(4))
        attempts = query.integer(5)
        due = isDead ? nil : Timestamp.text(milliseconds: query.integer(6))
        reason = query.isNull(7) ? nil : query.text(7)
        messageSID = sid.isEmpty ? nil : String(decoding: sid, as: UTF8.self)
        bodyBytes = Int(query.integer(9))
    }
}
