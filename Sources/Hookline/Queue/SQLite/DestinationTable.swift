import SQLite

/// The names of destinations that have, or had, deliveries. Confined to the store thread.
final class DestinationTable {
    /// By the code of the destination.
    private(set) var names: [Int64: String] = [:]
    private let destinations: DestinationList

    /// Notes the configured ones, and forgets others that have no row: `counts` are the rows.
    init(
        _ connection: Connection, _ destinations: DestinationList, _ counts: DeliveryCounts
    ) throws(SQLiteError) {
        self.destinations = destinations
        let rows = try connection.prepare("SELECT code, name FROM destination")
        while try rows.step() { names[rows.integer(0)] = rows.text(1) }
        rows.reset()
        let configured = Dictionary(
            uniqueKeysWithValues: destinations.names.map { ($0.code, $0.text) })
        let forgotten = names.keys.filter { code in
            configured[code] == nil
                && DeliveryState.allCases.allSatisfy { counts.rows(of: code, $0) == 0 }
        }
        let added = configured.filter { names[$0.key] != $0.value }
        guard !forgotten.isEmpty || !added.isEmpty else { return }
        let delete = try connection.prepare("DELETE FROM destination WHERE code=?1")
        let insert = try connection.prepare(
            """
            INSERT INTO destination(code, name) VALUES(?1, ?2)
            ON CONFLICT(code) DO UPDATE SET name=excluded.name
            """)
        try connection.execute("BEGIN IMMEDIATE")
        for code in forgotten {
            try delete.bind(1, code)
            try delete.run()
            names[code] = nil
        }
        for (code, name) in added {
            try insert.bind(1, code)
            try insert.bind(2, name)
            try insert.run()
            names[code] = name
        }
        try connection.execute("COMMIT")
    }

    /// What a destination is called; its number for one that nobody named.
    func name(of code: Int64) -> String { names[code] ?? "#\(code)" }

    /// The same for the value of the column `priority`.
    func name(ofPlace code: Int64) -> String { name(of: DeliveryPlace(code: code).destination) }

    /// The number of a name.
    func code(of name: String) -> Int64 {
        names.first { $0.value == name }?.key ?? DestinationName(name).code
    }
}
