import SQLite

/// Looks at deliveries without changing them, a bounded number of rows a call. Confined to the
/// store thread.
struct DeliveryListing {
    /// A part of the deliveries, in the order of ids.
    struct Page: Sendable {
        var afterID: Int64 = 0
        var throughID: Int64 = .max
        /// Rows that are looked at.
        var rowsMax: Int
        /// Nil for all.
        var state: DeliveryState?
        /// Dead letters with this reason only; nil for all.
        var reason: DeadLetterReason?
    }

    /// A page's rows.
    struct Answer<Row: Sendable>: Sendable {
        var rows: [Row] = []
        /// The last id that was looked at: the next page begins after it.
        var lastID: Int64
        /// True when nothing is left.
        var isAtEnd = false
    }

    private let all: Statement
    private let dead: Statement
    private let one: Statement
    private let maxID: Statement
    private let clock: StoreClock

    init(_ connection: Connection, _ clock: StoreClock) throws(SQLiteError) {
        self.clock = clock
        let columns =
            "SELECT id, state, priority, kind, received_ms, attempts, due_ms, reason, head, "
            + "length(body), failed_ms, failed_status, failure FROM delivery"
        all = try connection.prepare("\(columns) WHERE id>?1 AND id<=?2 ORDER BY id")
        dead = try connection.prepare(
            "\(columns) INDEXED BY delivery_dead WHERE state=3 AND id>?1 AND id<=?2 ORDER BY id")
        one = try connection.prepare(
            "SELECT id, state, priority, kind, received_ms, attempts, due_ms, reason, head, "
                + "length(body), failed_ms, failed_status, failure, identity, body FROM delivery "
                + "WHERE id=?1")
        maxID = try connection.prepare("SELECT max(id) FROM delivery")
    }

    /// The rows that a page asks for.
    func page(_ page: Page) throws(SQLiteError) -> Answer<DeliveryRow> {
        try self.page(page) { DeliveryRow($0, clock) }
    }

    /// The ids of the rows that a page asks for.
    func ids(_ page: Page) throws(SQLiteError) -> Answer<Int64> {
        try self.page(page) { $0.integer(0) }
    }

    private func page<Row>(
        _ page: Page, _ make: (Statement) -> Row
    ) throws(SQLiteError) -> Answer<Row> {
        let query = page.state == .deadLettered ? dead : all
        try query.bind(1, page.afterID)
        try query.bind(2, page.throughID)
        defer { query.reset() }
        var answer = Answer<Row>(lastID: page.afterID)
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
                identity: Identity(stored: one.bytes(13)), receivedMilliseconds: one.integer(4),
                head: head, body: one.bytes(14))
        }
        return (DeliveryRow(one, clock), webhook)
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
    init(_ query: Statement, _ clock: StoreClock) {
        let isDead = query.integer(1) == DeliveryState.deadLettered.code
        let sid = WebhookHead(stored: query.bytes(8)).map { $0[.messageSID] } ?? []
        id = query.integer(0)
        state = (DeliveryState(code: query.integer(1)) ?? .available).rawValue
        priority = DeliveryPriority(code: query.integer(2)).rawValue
        kind = WebhookKind(code: query.integer(3)).rawValue
        received = Timestamp.text(milliseconds: query.integer(4))
        attempts = query.integer(5)
        let due = clock.wallMilliseconds(at: query.integer(6))
        self.due = isDead ? nil : Timestamp.text(milliseconds: max(0, due))
        reason = query.isNull(7) ? nil : query.text(7)
        messageSID = sid.isEmpty ? nil : String(decoding: sid, as: UTF8.self)
        bodyBytes = Int(query.integer(9))
        if !query.isNull(10) {
            note(
                AttemptFailure(
                    milliseconds: clock.wallMilliseconds(at: query.integer(10)),
                    status: query.isNull(11) ? nil : Int(query.integer(11)), text: query.text(12)))
        }
    }
}
