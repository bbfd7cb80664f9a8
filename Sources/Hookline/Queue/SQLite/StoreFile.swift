import SQLite

/// The database's file.
enum StoreFile {
    /// Opens or creates it and brings its schema to the present version, step by step.
    static func open(_ path: String) throws(StoreError) -> Connection {
        let connection = try sqlite { () throws(SQLiteError) in
            try Connection(path: path, create: true)
        }
        connection.setBusyTimeout(milliseconds: 500)
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
            for step in Schema.migration(from: found) { try connection.execute(step) }
        }
        return connection
    }

    private static func sqlite<Value>(
        _ body: () throws(SQLiteError) -> Value
    ) throws(StoreError) -> Value {
        do { return try body() } catch { throw .sqlite(error) }
    }
}
