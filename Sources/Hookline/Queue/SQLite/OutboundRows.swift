import SQLite

/// The table of replies that are owed to customers: messages that the application's TwiML asks for.
/// Every method is part of a transaction. Confined to the store thread.
final class OutboundRows {
    /// The states of a row; never renumber.
    private enum State {
        static let waiting: Int64 = 0
        static let running: Int64 = 1
        static let unknown: Int64 = 2
        static let deadLettered: Int64 = 3
    }

    /// How many rows there are.
    struct Counts: Sendable, Equatable {
        /// Owed or being sent.
        var owed: Int64 = 0
        var deadLetters: Int64 = 0
    }

    /// How long the SID of a message that was sent is known, in milliseconds.
    static let sidMilliseconds: Int64 = 6 * 3_600_000

    /// As of the last transaction that ended.
    private(set) var counts = Counts()
    private var pending = Counts()
    private let connection: Connection
    private let statements: OutboundStatements

    /// Opens the table. What a dead process was sending has an outcome that nobody knows.
    init(_ connection: Connection) throws(SQLiteError) {
        self.connection = connection
        statements = try OutboundStatements(connection)
        try connection.execute(
            "UPDATE outbound_messages SET state=\(State.unknown), looks=0, due_ms=0 "
                + "WHERE state=\(State.running)")
        let count = try connection.prepare(
            "SELECT count(*) FILTER (WHERE state<3), count(*) FILTER (WHERE state=3) "
                + "FROM outbound_messages")
        if try count.step() {
            counts = Counts(owed: count.integer(0), deadLetters: count.integer(1))
        }
        count.reset()
        pending = counts
    }

    /// A transaction begins.
    func begin() { pending = counts }

    /// The transaction was committed.
    func committed() { counts = pending }

    /// Adds replies to a delivery that is complete, owed from now on.
    func add(
        _ replies: [NewOutbound], to delivery: Int64, nowMilliseconds: Int64
    ) throws(SQLiteError) {
        for reply in replies {
            let insert = statements.insert
            try insert.bind(1, delivery)
            try insert.bind(2, reply.conversation)
            try insert.bind(3, reply.reason == nil ? State.waiting : State.deadLettered)
            try insert.bind(4, nowMilliseconds)
            try insert.bind(5, reply.reason?.rawValue ?? "")
            try insert.bind(6, reply.content.code)
            try insert.bind(7, reply.content.bytes)
            try insert.run()
            if reply.reason == nil { pending.owed += 1 } else { pending.deadLetters += 1 }
        }
    }

    /// Takes up to `count` replies that are due, of each conversation the oldest.
    func claim(
        _ count: Int, nowMilliseconds: Int64, wallMilliseconds: Int64
    ) throws(SQLiteError) -> [OutboundRow] {
        var rows: [OutboundRow] = []
        var corrupt: [Int64] = []
        let query = statements.due
        try query.bind(1, nowMilliseconds)
        try query.bind(2, Int64(count))
        defer { query.reset() }
        while try query.step() {
            let id = query.integer(0)
            guard
                let content = OutboundContent(
                    code: query.integer(7), bytes: query.bytes(8))
            else {
                corrupt.append(id)
                continue
            }
            let isUnknown = query.integer(2) == State.unknown
            rows.append(
                OutboundRow(
                    id: id, content: content, conversation: query.bytes(1),
                    attempt: Int(query.integer(3)) + 1,
                    looks: isUnknown ? Int(query.integer(4)) : nil,
                    startedMilliseconds: query.integer(5), owedMilliseconds: query.integer(6)))
        }
        query.reset()
        for id in corrupt { try apply(.deadLetter(id: id, reason: .corrupt, code: 0, words: "")) }
        for row in rows {
            // A look is no try: when that began stays.
            let isTry = row.looks == nil
            try statements.markRunning.bind(1, row.id)
            try statements.markRunning.bind(2, isTry ? 1 : 0)
            try statements.markRunning.bind(3, isTry ? wallMilliseconds : row.startedMilliseconds)
            try statements.markRunning.run()
        }
        return rows
    }

    /// Writes down what became of replies; one that is gone already changes nothing. Says what
    /// looks at Twilio's list brought.
    func apply(
        _ changes: [OutboundChange], nowMilliseconds: Int64, wallMilliseconds: Int64
    ) throws(SQLiteError) -> LookCounts {
        var counts = LookCounts()
        for change in changes {
            switch change {
            case .sent(let id, let sid):
                try remember(sid, wallMilliseconds)
                _ = try remove(id)
            case .looked(let id, let candidates, let again):
                let known = try known(candidates)
                if let sid = candidates.first(where: { !known.contains($0) }) {
                    try remember(sid, wallMilliseconds)
                    if try remove(id) != nil { counts.found += 1 }
                } else if let again {
                    try move(
                        id, State.unknown, due: again.dueMilliseconds, looks: again.count, error: ""
                    )
                } else {
                    try move(id, State.waiting, due: 0, looks: 0, error: "")
                    counts.repeated += connection.changes
                }
            case .replaced(let id, let replies):
                guard let delivery = try remove(id) else { continue }
                try add(replies, to: delivery, nowMilliseconds: nowMilliseconds)
            default: try apply(change)
            }
        }
        return counts
    }

    private func remember(_ sid: String, _ wallMilliseconds: Int64) throws(SQLiteError) {
        try statements.know.bind(1, sid)
        try statements.know.bind(2, wallMilliseconds)
        try statements.know.run()
        try statements.forget.bind(1, wallMilliseconds - Self.sidMilliseconds)
        try statements.forget.run()
    }

    private func apply(_ change: OutboundChange) throws(SQLiteError) {
        switch change {
        case .sent, .looked, .replaced: break
        case .retry(let id, let due, let error):
            try move(id, State.waiting, due: due, looks: 0, error: error)
        case .unknown(let id, let due, let looks, let error):
            try move(id, State.unknown, due: due, looks: looks, error: error)
        case .unclaim(let id): try move(id, State.waiting, due: 0, looks: 0, error: "")
        case .deadLetter(let id, let reason, let code, let words):
            let bury = statements.bury
            try bury.bind(1, id)
            try bury.bind(2, reason.rawValue)
            try bury.bind(3, Int64(code))
            try bury.bind(4, words)
            try bury.run()
            guard connection.changes > 0 else { return }
            pending.owed -= 1
            pending.deadLetters += 1
        }
    }

    /// Which of these SIDs are of messages that were sent from here.
    private func known(_ sids: [String]) throws(SQLiteError) -> Set<String> {
        var known: Set<String> = []
        for sid in sids {
            try statements.isKnown.bind(1, sid)
            if try statements.isKnown.step() { known.insert(sid) }
            statements.isKnown.reset()
        }
        return known
    }

    /// When the oldest reply that is owed began to be, by the store's clock; nil when none is.
    func oldestMilliseconds() throws(SQLiteError) -> Int64? {
        defer { statements.oldest.reset() }
        return try statements.oldest.step() ? statements.oldest.integer(0) : nil
    }

    /// When the next reply may be due; nil when none waits.
    func nextDueMilliseconds() throws(SQLiteError) -> Int64? {
        defer { statements.nextDue.reset() }
        return try statements.nextDue.step() ? statements.nextDue.integer(0) : nil
    }

    private func move(
        _ id: Int64, _ state: Int64, due: Int64, looks: Int, error: String
    ) throws(SQLiteError) {
        let move = statements.move
        try move.bind(1, id)
        try move.bind(2, state)
        try move.bind(3, due)
        try move.bind(4, Int64(looks))
        try move.bind(5, error)
        try move.run()
    }

    /// Deletes a reply that is owed; the delivery that it answers, nil when it was not there.
    private func remove(_ id: Int64) throws(SQLiteError) -> Int64? {
        let remove = statements.remove
        try remove.bind(1, id)
        defer { remove.reset() }
        guard try remove.step() else { return nil }
        let delivery = remove.integer(0)
        pending.owed -= 1
        return delivery
    }
}

/// The statements of the table of replies.
struct OutboundStatements {
    let insert, due, markRunning, move, bury, remove: Statement
    let know, forget, isKnown, oldest, nextDue: Statement

    init(_ connection: Connection) throws(SQLiteError) {
        insert = try connection.prepare(
            """
            INSERT INTO outbound_messages(
                delivery, conversation, state, due_ms, attempts, looks, started_ms, owed_ms,
                reason, code, words, kind, content)
            VALUES(?1, ?2, ?3, ?4, 0, 0, 0, ?4, ?5, 0, '', ?6, ?7)
            """)
        due = try connection.prepare(
            """
            SELECT id, conversation, state, attempts, looks, started_ms, owed_ms, kind, content
            FROM outbound_messages AS row
            WHERE state IN (0, 2) AND due_ms<=?1 AND NOT EXISTS(
                SELECT 1 FROM outbound_messages AS earlier
                WHERE earlier.conversation=row.conversation AND earlier.id<row.id
                    AND earlier.state<3)
            ORDER BY due_ms, id LIMIT ?2
            """)
        markRunning = try connection.prepare(
            "UPDATE outbound_messages SET state=1, attempts=attempts+?2, started_ms=?3 WHERE id=?1")
        move = try connection.prepare(
            """
            UPDATE outbound_messages SET state=?2, due_ms=?3, looks=?4, words=?5
            WHERE id=?1 AND state=1
            """)
        bury = try connection.prepare(
            """
            UPDATE outbound_messages SET state=3, reason=?2, code=?3, words=?4
            WHERE id=?1 AND state<3
            """)
        remove = try connection.prepare(
            "DELETE FROM outbound_messages WHERE id=?1 AND state<3 RETURNING delivery")
        know = try connection.prepare("INSERT OR REPLACE INTO outbound_sent VALUES(?1, ?2)")
        forget = try connection.prepare("DELETE FROM outbound_sent WHERE sent_ms<?1")
        isKnown = try connection.prepare("SELECT 1 FROM outbound_sent WHERE sid=?1")
        oldest = try connection.prepare(
            "SELECT owed_ms FROM outbound_messages WHERE state<3 ORDER BY id LIMIT 1")
        nextDue = try connection.prepare(
            "SELECT due_ms FROM outbound_messages WHERE state IN (0, 2) ORDER BY due_ms LIMIT 1")
    }
}
