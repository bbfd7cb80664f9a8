import SQLite

/// Inserts rows of one table, several by one statement: for a row of a webhook's size SQLite
/// spends about as much on beginning and ending a statement as on the row. Confined to the store
/// thread, as its connection is.
struct BulkInsert {
    /// Compiled for so many rows each, most first.
    private let statements: [(rows: Int, statement: Statement)]
    private let columns: Int

    init(
        _ connection: Connection, into table: String, _ columns: [String]
    ) throws(SQLiteError) {
        self.columns = columns.count
        let names = columns.joined(separator: ", ")
        let row = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
        var statements: [(rows: Int, statement: Statement)] = []
        for rows in [32, 8, 1] {
            let values = repeatElement(row, count: rows).joined(separator: ", ")
            statements.append(
                (rows, try connection.prepare("INSERT INTO \(table)(\(names)) VALUES \(values)")))
        }
        self.statements = statements
    }

    /// Inserts `count` rows in order. `bind` binds all columns of one row, by its number from 0;
    /// its first column is the parameter that it is given.
    func run(
        _ count: Int,
        bind: (_ row: Int, _ statement: Statement, _ first: Int32) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        var row = 0
        for (rows, statement) in statements {
            while count - row >= rows {
                for place in 0..<rows {
                    try bind(row + place, statement, Int32(place * columns + 1))
                }
                try statement.run()
                row += rows
            }
        }
    }
}
