import SQLite

/// The database's file.
enum StoreFile {
    /// Opens or creates it and brings its schema to the present version, step by step.
    static func open(_ path: String) throws(StoreError) -> Connection {
        let connection = try sqlite { () throws(SQLiteError) in
            try Connection(path: path, create: true)
        }
        connection.setBusyTimeout(milliseconds: 500)
        try sqlite { () throws(SQLiteError) in try connection.rewriteLog() }
        let found = try sqlite { () throws(SQLiteError) in
            let query = try connection.prepare("PRAGMA user_version")
            return try query.step() ? query.integer(0) : 0
        }
        guard found <= Schema.version else {
            throw .newerSchema(found: found, supported: Schema.version, path: path)
        }
        let mode = try sqlite { () throws(SQLiteError) in
            let query = try connection.prepare("PRAGMA journal_mode=WAL")
            return try query.step() ? query.text(0) : ""
        }
        guard mode == "wal" else { throw .noWriteAheadLog(mode: mode, path: path) }
        try sqlite { () throws(SQLiteError) in
            try connection.execute(Schema.settings)
            try setSynchronous("FULL", on: connection)
            for step in Schema.migration(from: found) { try run(step, on: connection) }
        }
        return connection
    }

    /// Runs the statements of one step. A column that is there already was put there by a newer
    /// version, before the file went back to an older one.
    private static func run(
        _ statements: [String], on connection: Connection
    ) throws(SQLiteError) {
        for statement in statements {
            do {
                try connection.execute(statement)
            } catch  where error.message.hasPrefix("duplicate column name") {
                continue
            }
        }
    }

    /// Sets how a commit waits for the disk and looks whether it is so: a pragma that SQLite does
    /// not carry out is no error.
    static func setSynchronous(_ mode: String, on connection: Connection) throws(SQLiteError) {
        try connection.execute("PRAGMA synchronous=\(mode)")
        let query = try connection.prepare("PRAGMA synchronous")
        let found = try query.step() ? query.integer(0) : -1
        guard found == ["OFF": 0, "NORMAL": 1, "FULL": 2][mode] else {
            throw SQLiteError(
                operation: "set synchronous=\(mode)", code: SQLiteError.misuse,
                message: "it stayed \(found)")
        }
    }

    private static func sqlite<Value>(
        _ body: () throws(SQLiteError) -> Value
    ) throws(StoreError) -> Value {
        do { return try body() } catch { throw .sqlite(error) }
    }
}
