import CSQLite

/// One compiled statement, confined to its connection's thread; columns and parameters count
/// as in SQLite: parameters from 1, columns from 0.
public final class Statement {
    private let connection: Connection
    let handle: OpaquePointer

    init(_ connection: Connection, _ sql: String) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(
            connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw connection.error("prepare", code) }
        self.connection = connection
        handle = prepared
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Binds an integer.
    public func bind(_ index: Int32, _ value: Int64) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, value))
    }

    /// Binds bytes, which are copied; an empty array is an empty blob, not NULL.
    public func bind(_ index: Int32, _ value: [UInt8]) throws(SQLiteError) {
        let code = value.withUnsafeBytes { bytes in
            bytes.count == 0
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : hookline_sqlite_bind_blob(
                    handle, index, bytes.baseAddress, Int32(clamping: bytes.count))
        }
        try check(code)
    }

    /// Binds bytes, which are copied; there must be some.
    public func bind(_ index: Int32, _ value: Span<UInt8>) throws(SQLiteError) {
        let code = value.withUnsafeBytes { bytes in
            hookline_sqlite_bind_blob(
                handle, index, bytes.baseAddress, Int32(clamping: bytes.count))
        }
        try check(code)
    }

    /// Binds text, which is copied.
    public func bind(_ index: Int32, _ value: String) throws(SQLiteError) {
        let code = Array(value.utf8).withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return hookline_sqlite_bind_text(handle, index, start, Int32(clamping: bytes.count))
        }
        try check(code)
    }

    /// Binds NULL.
    public func bindNull(_ index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_null(handle, index))
    }

    /// Takes one step: true when a row is there, false when the statement is done.
    ///
    /// On an error the statement is reset; whether the transaction still lives is
    /// `Connection.isInTransaction`.
    public func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        let error = connection.error("step", sqlite3_extended_errcode(connection.handle))
        sqlite3_reset(handle)
        throw error
    }

    /// Runs a statement that returns no row and makes it ready for the next use.
    public func run() throws(SQLiteError) {
        _ = try step()
        reset()
    }

    /// Makes the statement ready for the next use; bound values stay until they are bound anew.
    public func reset() {
        // The code that reset returns is the last step's, which was thrown there.
        sqlite3_reset(handle)
    }

    /// An integer column; NULL reads as 0.
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// The bytes of a column, copied; NULL reads as none.
    public func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The text of a column, copied; NULL reads as empty.
    public func text(_ column: Int32) -> String {
        String(decoding: bytes(column), as: UTF8.self)
    }

    /// True when a column is NULL.
    public func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw connection.error("bind", code) }
    }
}
