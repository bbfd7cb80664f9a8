import SQLite

/// Every statement of the store, compiled once.
struct StoreStatements {
    let insertIdentity: Statement
    let findIdentity: Statement
    let pruneIdentities: Statement
    let insertDelivery: Statement
    let deleteWebhook: Statement
    let deleteDelivery: Statement
    let deleteRunning: Statement
    let selectDue: Statement
    let firstDue: Statement
    let markRunning: Statement
    let move: Statement
    let stateOf: Statement
    let oldest: Statement
    private let insertWebhook: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        insertIdentity = try connection.prepare(
            "INSERT OR IGNORE INTO identity(id, key, seen_ms) VALUES(?1, ?2, ?3)")
        findIdentity = try connection.prepare("SELECT id FROM identity WHERE key=?1")
        // Ids rise with time, so the oldest are the first: no index on the time is needed.
        pruneIdentities = try connection.prepare(
            """
            DELETE FROM identity WHERE id IN (
                SELECT id FROM (SELECT id, seen_ms FROM identity ORDER BY id LIMIT ?2)
                WHERE seen_ms < ?1 AND id NOT IN (SELECT id FROM delivery))
            """)
        insertWebhook = try connection.prepare(
            "INSERT INTO webhook VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")
        insertDelivery = try connection.prepare(
            "INSERT INTO delivery(id, priority, due_ms, state, attempts) VALUES(?1, ?2, ?3, ?4, ?5)"
        )
        deleteWebhook = try connection.prepare("DELETE FROM webhook WHERE id=?1")
        deleteRunning = try connection.prepare("DELETE FROM delivery WHERE id=?1 AND state=1")
        deleteDelivery = try connection.prepare("DELETE FROM delivery WHERE id=?1")
        selectDue = try connection.prepare(
            """
            SELECT d.id, d.attempts, d.state, w.kind, w.received_ms, w.origin, w.target,
                w.content_type, w.body, w.signature, w.trace_parent, w.account, w.message_sid,
                w.identity
            FROM delivery d INDEXED BY delivery_due JOIN webhook w ON w.id = d.id
            WHERE d.priority=?1 AND d.state IN (0, 2) AND d.due_ms <= ?2
            ORDER BY d.due_ms LIMIT 1
            """)
        firstDue = try connection.prepare(
            """
            SELECT due_ms FROM delivery INDEXED BY delivery_due
            WHERE priority=?1 AND state IN (0, 2) ORDER BY due_ms LIMIT 1
            """)
        markRunning = try connection.prepare(
            "UPDATE delivery SET state=1, attempts=attempts+1 WHERE id=?1")
        move = try connection.prepare(
            "UPDATE delivery SET state=?2, due_ms=?3, reason=?4 WHERE id=?1")
        stateOf = try connection.prepare("SELECT priority, state FROM delivery WHERE id=?1")
        oldest = try connection.prepare(
            """
            SELECT received_ms FROM webhook WHERE id = (
                SELECT min(id) FROM delivery WHERE priority=?1 AND state IN (0, 1, 2))
            """)
    }

    func insert(_ webhook: Webhook, id: Int64) throws(SQLiteError) {
        try insertWebhook.bind(1, id)
        try insertWebhook.bind(2, webhook.kind.code)
        try insertWebhook.bind(3, webhook.receivedMilliseconds)
        try insertWebhook.bind(4, webhook.origin)
        try insertWebhook.bind(5, webhook.target)
        try insertWebhook.bind(6, webhook.contentType)
        try insertWebhook.bind(7, webhook.body)
        try insertWebhook.bind(8, webhook.signature)
        try insertWebhook.bind(9, webhook.traceParent)
        try insertWebhook.bind(10, webhook.account)
        try insertWebhook.bind(11, webhook.messageSID)
        try insertWebhook.bind(12, webhook.identity.bytes)
        try insertWebhook.run()
    }

    /// Reads the row of `selectDue` that the query stands on.
    func delivery(from row: Statement, priority: DeliveryPriority) -> Delivery {
        let webhook = Webhook(
            kind: WebhookKind(code: row.integer(3)), priority: priority,
            identity: Identity(stored: row.bytes(13)), receivedMilliseconds: row.integer(4),
            origin: row.bytes(5), target: row.bytes(6), contentType: row.bytes(7),
            body: row.bytes(8), signature: row.bytes(9), traceParent: row.bytes(10),
            account: row.bytes(11), messageSID: row.bytes(12))
        return Delivery(id: row.integer(0), attempt: Int(row.integer(1)) + 1, webhook: webhook)
    }
}
