import SQLite

/// The side of a salvage that writes: rows that are copied into the store's tables, and a table
/// that says how far it came, which is there while one goes on. Every method but those that read
/// is part of the caller's transaction. Confined to the store thread.
struct SalvageRows {
    private let connection: Connection

    private let clock: StoreClock
    private let destinations: DestinationList

    init(_ connection: Connection, _ clock: StoreClock, _ destinations: DestinationList) {
        self.destinations = destinations
        self.connection = connection
        self.clock = clock
    }

    /// Begins one.
    func begin(_ progress: Salvage.Progress) throws(SQLiteError) {
        try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS salvage(
                path TEXT NOT NULL, expected INTEGER NOT NULL, copied INTEGER NOT NULL,
                gaps INTEGER NOT NULL, stage INTEGER NOT NULL, after_id INTEGER NOT NULL)
            """)
        try write(progress)
    }

    /// What is under way; nil for nothing.
    func read() throws(SQLiteError) -> Salvage.Progress? {
        let table = try connection.prepare(
            "SELECT 1 FROM sqlite_schema WHERE type='table' AND name='salvage'")
        guard try table.step() else { return nil }
        table.reset()
        let row = try connection.prepare(
            "SELECT path, expected, copied, gaps, stage, after_id FROM salvage")
        guard try row.step() else { return nil }
        return Salvage.Progress(
            path: row.text(0), expected: row.integer(1), copied: row.integer(2),
            gaps: row.integer(3), stage: row.integer(4), afterID: row.integer(5))
    }

    /// Notes how far it came.
    func write(_ progress: Salvage.Progress) throws(SQLiteError) {
        try connection.execute("DELETE FROM salvage")
        let insert = try connection.prepare("INSERT INTO salvage VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
        try insert.bind(1, progress.path)
        try insert.bind(2, progress.expected)
        try insert.bind(3, progress.copied)
        try insert.bind(4, progress.gaps)
        try insert.bind(5, progress.stage)
        try insert.bind(6, progress.afterID)
        try insert.run()
    }

    /// All that could be read is copied.
    func end() throws(SQLiteError) { try connection.execute("DROP TABLE IF EXISTS salvage") }

    /// One copied row: its values by their columns.
    typealias Row = [String: Value]

    /// Copies rows and returns those that it did copy, and not those whose id is taken or that
    /// lack what every row has. What was being forwarded is owed again, and each delivery has an
    /// identity.
    func insert(
        _ rows: [[Value]], _ columns: [String], into table: String
    ) throws(SQLiteError) -> [Row] {
        let places = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let insert = try connection.prepare(
            "INSERT OR IGNORE INTO \(table)(\(columns.joined(separator: ", "))) VALUES(\(places))")
        let identity = try connection.prepare(
            "INSERT OR IGNORE INTO identity(id, key, seen_ms) VALUES(?1, ?2, ?3)")
        var copied: [Row] = []
        for values in rows {
            var row = Row(uniqueKeysWithValues: zip(columns, values))
            if table == "delivery" { makeClaimable(&row) }
            for (index, column) in columns.enumerated() {
                try insert.bind(Int32(index + 1), row[column] ?? .null)
            }
            try insert.run()
            guard connection.changes == 1 else { continue }
            copied.append(row)
            guard table == "delivery" else { continue }
            for (index, column) in ["id", "identity", "received_ms"].enumerated() {
                try identity.bind(Int32(index + 1), row[column] ?? .null)
            }
            try identity.run()
        }
        return copied
    }

    /// What says when a row is claimed has no checksum: a value that no version writes would keep
    /// it from being claimed for ever.
    private func makeClaimable(_ row: inout Row) {
        let states: [Value] = [DeliveryState.available, .retryable, .deadLettered].map {
            .integer($0.code)
        }
        if !states.contains(row["state"] ?? .null) { row["state"] = states[0] }
        row["priority"] = .integer(place(of: row).code)
        let now = clock.nowMilliseconds
        // That of what runs may be negative (`ClaimedRange`).
        guard case .integer(let due)? = row["due_ms"], due > .min, abs(due) <= now + 86_400_000
        else {
            row["due_ms"] = .integer(now)
            return
        }
        row["due_ms"] = .integer(abs(due))
    }

    /// Where a row stands, if its destination is configured or its checksum says so; else where its
    /// checksum says, or with `default`.
    private func place(of row: Row) -> DeliveryPlace {
        guard case .integer(let code)? = row["priority"], code >= 0 else {
            return DeliveryPlace(.normal)
        }
        let place = DeliveryPlace(code: code)
        let codes = destinations.names.map(\.code)
        if codes.contains(place.destination) { return place }
        let destination = ([place.destination] + codes).first { isWhole(row, destination: $0) }
        return DeliveryPlace(destination: destination ?? 0, place.priority)
    }

    private func isWhole(_ row: Row, destination: Int64) -> Bool {
        guard case .integer(let sum)? = row["checksum"], case .integer(let id)? = row["id"],
            case .integer(let kind)? = row["kind"],
            case .integer(let received)? = row["received_ms"],
            case .blob(let identity)? = row["identity"], case .blob(let head)? = row["head"],
            case .blob(let body)? = row["body"], let head = WebhookHead(stored: head)
        else { return false }
        let webhook = Webhook(
            kind: WebhookKind(code: kind), priority: .normal,
            identity: Identity(stored: identity), receivedMilliseconds: received, head: head,
            body: body)
        return sum == RowChecksum.of(webhook, id: id, destination: destination)
    }

    /// The columns of a table of the store.
    func columns(of table: String) throws(SQLiteError) -> [String] {
        try Self.columns(of: table, in: connection)
    }

    /// The columns of a table, the id first if there is one.
    static func columns(
        of table: String, in connection: Connection
    ) throws(SQLiteError) -> [String] {
        let query = try connection.prepare("SELECT name FROM pragma_table_info(?1)")
        try query.bind(1, table)
        var names: [String] = []
        while try query.step() { names.append(query.text(0)) }
        return names
    }

    /// The largest id of a message in a damaged database; 0 when that cannot be read.
    static func lastID(in source: Connection) -> Int64 {
        do {
            let last = try source.prepare("SELECT max(id) FROM identity")
            return try last.step() ? last.integer(0) : 0
        } catch {
            // The page is damaged: others say more, or nothing does.
            return 0
        }
    }
}
