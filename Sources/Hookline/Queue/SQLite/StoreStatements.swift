import SQLite

/// A delivery that is added.
struct NewDelivery {
    let id: Int64
    let webhook: Webhook
    /// For whom it is.
    let place: DeliveryPlace
    let state: DeliveryState
    /// When it began to be owed, by the store's clock; nil: when it was received.
    var owedMilliseconds: Int64?
}

/// Every statement of the store, compiled once.
struct StoreStatements {
    let begin: Statement
    let commit: Statement
    let deleteDelivery: Statement
    let deleteRunning: Statement
    let selectDue: Statement
    let firstDue: Statement
    let markRunning: Statement
    let move: Statement
    let stateOf: Statement
    let rowsOfMessage: Statement
    let oldest: Statement
    let revive: Statement
    let owe: Statement
    let dropDead: Statement
    let bury: Statement
    private let insertDeliveries: BulkInsert

    init(_ connection: Connection) throws(SQLiteError) {
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        insertDeliveries = try BulkInsert(
            connection, into: "delivery",
            [
                "id", "priority", "state", "due_ms", "attempts", "kind", "received_ms",
                "identity", "head", "body", "owed_ms", "checksum",
            ])
        deleteRunning = try connection.prepare(
            "DELETE FROM delivery WHERE id BETWEEN ?1 AND ?2 AND state=1")
        deleteDelivery = try connection.prepare("DELETE FROM delivery WHERE id=?1")
        selectDue = try connection.prepare(
            """
            SELECT id, attempts, state, kind, received_ms, identity, head, body, owed_ms,
            checksum
            FROM delivery INDEXED BY delivery_due
            WHERE priority=?1 AND state IN (0, 2) AND due_ms <= ?2
            ORDER BY due_ms LIMIT 1
            """)
        firstDue = try connection.prepare(
            """
            SELECT due_ms FROM delivery INDEXED BY delivery_due
            WHERE priority=?1 AND state IN (0, 2) ORDER BY due_ms LIMIT 1
            """)
        markRunning = try connection.prepare(
            "UPDATE delivery SET state=1, attempts=attempts+1, due_ms=-abs(due_ms) WHERE id=?1")
        move = try connection.prepare(
            "UPDATE delivery SET state=?2, due_ms=?3, reason=?4 WHERE id=?1")
        stateOf = try connection.prepare("SELECT priority, state FROM delivery WHERE id=?1")
        oldest = try connection.prepare(
            """
            SELECT id, coalesce(owed_ms, received_ms) FROM delivery INDEXED BY delivery_state
            WHERE priority=?1 AND state=?2 AND state<>1 ORDER BY id LIMIT 1
            """)
        rowsOfMessage = try connection.prepare(
            "SELECT id FROM delivery WHERE id BETWEEN ?1 AND ?2 AND identity=?3")
        revive = try connection.prepare(
            """
            UPDATE delivery SET state=0, due_ms=?2, owed_ms=?2, attempts=0, reason=NULL
            WHERE id=?1 AND state=3 RETURNING priority
            """)
        dropDead = try connection.prepare(
            """
            DELETE FROM delivery WHERE id IN (
                SELECT id FROM delivery INDEXED BY delivery_dead
                WHERE state=3 AND due_ms>?1 AND due_ms<?2 ORDER BY due_ms LIMIT ?3)
            RETURNING priority
            """)
        owe = try connection.prepare("UPDATE delivery SET due_ms=?2, owed_ms=?2 WHERE id=?1")
        bury = try connection.prepare(
            """
            INSERT INTO delivery(
                id, priority, state, due_ms, attempts, reason, kind, received_ms, identity, head,
                body, checksum)
            VALUES(?1, ?2, 3, ?10, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """)
    }

    /// Adds deliveries, due at once.
    func insert(_ deliveries: [NewDelivery]) throws(SQLiteError) {
        try insertDeliveries.run(deliveries.count) { (row, insert, first) throws(SQLiteError) in
            let delivery = deliveries[row]
            let webhook = delivery.webhook
            let identity = webhook.identity.digits
            try insert.bind(first, delivery.id)
            try insert.bind(first + 1, delivery.place.code)
            try insert.bind(first + 2, delivery.state.code)
            try insert.bind(first + 3, delivery.owedMilliseconds ?? webhook.receivedMilliseconds)
            try insert.bind(first + 4, delivery.state == .running ? 1 : 0)
            try insert.bind(first + 5, webhook.kind.code)
            try insert.bind(first + 6, webhook.receivedMilliseconds)
            try insert.bind(first + 7, identity.span)
            try insert.bind(first + 8, webhook.head.bytes)
            try insert.bind(first + 9, webhook.body)
            if let owed = delivery.owedMilliseconds {
                try insert.bind(first + 10, owed)
            } else {
                try insert.bindNull(first + 10)
            }
            try insert.bind(
                first + 11,
                RowChecksum.of(
                    webhook, id: delivery.id, destination: delivery.place.destination))
        }
    }

    /// Reads the row of `selectDue` that the query stands on, or says why it is given up.
    func delivery(
        from row: Statement, at place: DeliveryPlace, for destination: DestinationNumber
    ) throws(UnreadableRow) -> Delivery {
        guard let head = WebhookHead(stored: row.bytes(6)) else {
            throw UnreadableRow(reason: row.isNull(9) ? .damaged : .corrupt)
        }
        let webhook = Webhook(
            kind: WebhookKind(code: row.integer(3)), priority: place.priority,
            identity: Identity(stored: row.bytes(5)), receivedMilliseconds: row.integer(4),
            head: head, body: row.bytes(7), destinations: DestinationSet(destination))
        var delivery = Delivery(
            id: row.integer(0), attempt: Int(row.integer(1)) + 1, webhook: webhook)
        delivery.destination = destination
        if !row.isNull(8) { delivery.owedMilliseconds = row.integer(8) }
        guard webhook.verdict(row, checksum: 9, id: delivery.id, at: place) != .corrupt else {
            throw UnreadableRow(reason: .corrupt)
        }
        return delivery
    }
}
