import SQLite

/// Looks at deliveries without changing them, a bounded number of rows a call. Confined to the
/// store thread.
struct DeliveryListing {
    private let all: Statement
    private let inState: PlaceQueries
    private let names: DestinationTable
    private let running: Statement
    private let one: Statement
    private let maxID: Statement
    private let clock: StoreClock
    private let claimed: ClaimedRange

    private let corrupt: CorruptRows

    init(
        _ connection: Connection, _ claimed: ClaimedRange, _ clock: StoreClock,
        corrupt: CorruptRows, names: DestinationTable
    ) throws(SQLiteError) {
        self.names = names
        self.clock = clock
        self.corrupt = corrupt
        self.claimed = claimed
        let columns =
            "SELECT id, state, priority, kind, received_ms, attempts, due_ms, reason, head, "
            + "checksum, failed_ms, failed_status, failure, identity, body FROM delivery"
        let part = "id>?1 AND id<=?2 ORDER BY id"
        all = try connection.prepare("\(columns) WHERE \(part)")
        running = try connection.prepare(
            "\(columns) INDEXED BY delivery_running WHERE state=1 AND due_ms<=0 AND \(part)")
        inState = try PlaceQueries(
            connection,
            "\(columns) INDEXED BY delivery_state WHERE state=?3 AND state<>1 AND priority=?4 AND "
                + part)
        one = try connection.prepare(
            "SELECT id, state, priority, kind, received_ms, attempts, due_ms, reason, head, "
                + "checksum, failed_ms, failed_status, failure, identity, body FROM delivery "
                + "WHERE id=?1")
        maxID = try connection.prepare("SELECT max(id) FROM delivery")
    }

    /// The rows that a page asks for.
    func page(_ page: DeliveryPage) throws(SQLiteError) -> DeliveryPage.Answer<DeliveryRow> {
        let answer = try self.page(page) { DeliveryRow($0, clock, names) }
        for row in answer.rows where row.corrupt == true { corrupt.note(.delivery, row.id) }
        return answer
    }

    /// The ids of the rows that a page asks for.
    func ids(_ page: DeliveryPage) throws(SQLiteError) -> DeliveryPage.Answer<Int64> {
        try self.page(page) { $0.integer(0) }
    }

    private func page<Row>(
        _ page: DeliveryPage, _ make: (Statement) -> Row
    ) throws(SQLiteError) -> DeliveryPage.Answer<Row> {
        switch page.state {
        case nil: return try rows(page, of: [all], page.throughID, make)
        case .running: return try runningRows(page, make)
        case .available?, .retryable?, .deadLettered?:
            let code = page.destination.map { names.code(of: $0) }
            let queries = try inState.queries(page.state ?? .available, of: code)
            return try rows(page, of: queries, page.throughID, make)
        }
    }

    /// What runs is in its index up to where the range of the others begins; from there on, all
    /// rows are looked at.
    private func runningRows<Row>(
        _ page: DeliveryPage, _ make: (Statement) -> Row
    ) throws(SQLiteError) -> DeliveryPage.Answer<Row> {
        let begin = claimed.afterID
        guard page.afterID < begin else { return try rows(page, of: [all], page.throughID, make) }
        var answer = try rows(page, of: [running], min(begin, page.throughID), make)
        if answer.isAtEnd, begin < page.throughID {
            answer.isAtEnd = false
            answer.lastID = begin
        }
        return answer
    }

    /// The rows of queries in the order of ids, each of which gives its own in that order.
    private func rows<Row>(
        _ page: DeliveryPage, of queries: [Statement], _ throughID: Int64,
        _ make: (Statement) -> Row
    ) throws(SQLiteError) -> DeliveryPage.Answer<Row> {
        defer { for query in queries { query.reset() } }
        var answer = DeliveryPage.Answer<Row>(lastID: page.afterID)
        var waiting: [Statement] = []
        for query in queries {
            try query.bind(1, page.afterID)
            try query.bind(2, throughID)
            if try query.step() { waiting.append(query) }
        }
        for _ in 0..<page.rowsMax {
            let first = waiting.indices.min {
                waiting[$0].integer(0) < waiting[$1].integer(0)
            }
            guard let first else {
                answer.isAtEnd = true
                return answer
            }
            let query = waiting[first]
            answer.lastID = query.integer(0)
            if page.state.map({ $0.code == query.integer(1) }) ?? true,
                page.reason.map({ $0.rawValue == query.text(7) }) ?? true,
                page.destination.map({ $0 == names.name(ofPlace: query.integer(2)) }) ?? true
            {
                answer.rows.append(make(query))
            }
            if try !query.step() { waiting.remove(at: first) }
        }
        return answer
    }

    /// One delivery with its body; nil when there is none, or its head is damaged.
    func delivery(_ id: Int64) throws(SQLiteError) -> (row: DeliveryRow, webhook: Webhook?)? {
        try one.bind(1, id)
        defer { one.reset() }
        guard try one.step() else { return nil }
        return (DeliveryRow(one, clock, names), Webhook(listed: one))
    }

    /// True for a delivery that is not what was written.
    func isCorrupt(_ id: Int64) throws(SQLiteError) -> Bool {
        try one.bind(1, id)
        defer { one.reset() }
        guard try one.step(), Self.isCorrupt(one, Webhook(listed: one)) else { return false }
        corrupt.note(.delivery, id)
        return true
    }

    /// True when the row that a query of this listing stands on is not what was written.
    fileprivate static func isCorrupt(_ row: Statement, _ webhook: Webhook?) -> Bool {
        guard let webhook else { return !row.isNull(9) }
        let place = DeliveryPlace(code: row.integer(2))
        return webhook.verdict(row, checksum: 9, id: row.integer(0), at: place) == .corrupt
    }

    /// The largest id of a delivery; 0 when there is none.
    func lastID() throws(SQLiteError) -> Int64 {
        defer { maxID.reset() }
        return try maxID.step() ? maxID.integer(0) : 0
    }
}

extension DeliveryRow {
    /// The row that a query with the columns of `DeliveryListing` stands on.
    init(_ query: Statement, _ clock: StoreClock, _ names: DestinationTable) {
        let isDead = query.integer(1) == DeliveryState.deadLettered.code
        let webhook = Webhook(listed: query)
        let sid = webhook.map { $0[.messageSID] } ?? []
        id = query.integer(0)
        state = (DeliveryState(code: query.integer(1)) ?? .available).rawValue
        priority = DeliveryPlace(code: query.integer(2)).priority.rawValue
        destination = names.name(ofPlace: query.integer(2))
        kind = WebhookKind(code: query.integer(3)).rawValue
        received = Timestamp.text(milliseconds: query.integer(4))
        attempts = query.integer(5)
        let due = clock.wallMilliseconds(at: abs(query.integer(6)))
        self.due = isDead ? nil : Timestamp.text(milliseconds: max(0, due))
        reason = query.isNull(7) ? nil : query.text(7)
        messageSID = sid.isEmpty ? nil : String(decoding: sid, as: UTF8.self)
        bodyBytes = webhook?.body.count ?? query.bytes(14).count
        corrupt = DeliveryListing.isCorrupt(query, webhook) ? true : nil
        if !query.isNull(10) {
            note(
                AttemptFailure(
                    milliseconds: clock.wallMilliseconds(at: query.integer(10)),
                    status: query.isNull(11) ? nil : Int(query.integer(11)), text: query.text(12)))
        }
    }
}

extension Webhook {
    /// The webhook in the row that a query with the columns of `DeliveryListing` stands on; nil
    /// when its head is damaged.
    fileprivate convenience init?(listed row: Statement) {
        guard let head = WebhookHead(stored: row.bytes(8)) else { return nil }
        self.init(
            kind: WebhookKind(code: row.integer(3)),
            priority: DeliveryPlace(code: row.integer(2)).priority,
            identity: Identity(stored: row.bytes(13)), receivedMilliseconds: row.integer(4),
            head: head, body: row.bytes(14))
    }
}
