import CSQLite

/// The version of the SQLite library in use.
public enum SQLiteLibrary {
    /// For example `3.40.1`.
    public static var version: String { String(cString: sqlite3_libversion()) }

    /// Without memory statistics SQLite takes no mutex for each allocation; they are switched
    /// off before the first connection of the process. A library that was initialised before
    /// keeps them (SQLITE_MISUSE), which costs time and nothing else.
    static let prepared: Int32 = hookline_sqlite_no_memory_statistics()
}

/// One connection, confined to the thread that opened it.
///
/// It is opened with SQLITE_OPEN_NOMUTEX: "multiple threads can safely use SQLite as long as no
/// single database connection is used simultaneously in two or more threads"
/// (https://sqlite.org/threadsafe.html). The type is not Sendable, so the compiler holds us to it.
public final class Connection {
    let handle: OpaquePointer
    /// Written by SQLite's commit hook, on this connection's thread, inside COMMIT. There is one
    /// such hook: ours replaces automatic checkpoints, and `PRAGMA wal_autocheckpoint` would
    /// replace ours (https://sqlite.org/c3ref/wal_hook.html).
    private let frames: UnsafeMutablePointer<Int32>

    /// Opens a database; without `create` a missing file is an error.
    public init(path: String, create: Bool) throws(SQLiteError) {
        _ = SQLiteLibrary.prepared
        var opened: OpaquePointer?
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        if create { flags |= SQLITE_OPEN_CREATE }
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(
                operation: "open \(path)", code: opened.map(sqlite3_extended_errcode) ?? code,
                message: String(cString: sqlite3_errstr(code)))
            sqlite3_close(opened)
            throw error
        }
        handle = opened
        frames = .allocate(capacity: 1)
        frames.initialize(to: 0)
        sqlite3_wal_hook(
            opened,
            { context, _, _, frames in
                context?.assumingMemoryBound(to: Int32.self).pointee = frames
                return SQLITE_OK
            }, frames)
        sqlite3_extended_result_codes(opened, 1)
    }

    deinit {
        // Statements hold their connection, so none is left: SQLITE_BUSY cannot be answered.
        sqlite3_close(handle)
        frames.deallocate()
    }

    /// Frames in the write-ahead log as of the last commit.
    public var logFrames: Int { Int(frames.pointee) }

    /// How long a statement waits for another connection's lock, in milliseconds.
    public func setBusyTimeout(milliseconds: Int32) {
        sqlite3_busy_timeout(handle, milliseconds)
    }

    /// Keeps the write-ahead log when the connection closes; for a process that must not
    /// checkpoint after a failed fsync.
    public func keepLogOnClose() {
        _ = hookline_sqlite_no_checkpoint_on_close(handle, 1)
    }

    /// Writes the write-ahead log that an earlier process left over itself, and syncs it; before
    /// anything is read. One connection alone may be open.
    ///
    /// When an fsync fails the kernel takes what it could not write for clean: a process reads
    /// it, and a power cut takes it (https://wiki.postgresql.org/wiki/Fsync_Errors). A log with
    /// such a hole would lose every commit behind it.
    public func rewriteLog() throws(SQLiteError) {
        let code = hookline_sqlite_rewrite_log(handle)
        guard code == SQLITE_OK else {
            throw SQLiteError(
                operation: "rewrite the log", code: code,
                message: String(cString: sqlite3_errstr(code)))
        }
    }

    /// Runs statements that return no row.
    public func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error("execute", code) }
    }

    /// Compiles one statement for repeated use.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        try Statement(self, sql)
    }

    /// Rows that the last INSERT, UPDATE or DELETE changed.
    public var changes: Int { Int(sqlite3_changes(handle)) }

    /// Pages that were read from the file, or from its log, since the connection was opened.
    public var pagesRead: Int {
        var count: Int32 = 0
        var highest: Int32 = 0
        let code = sqlite3_db_status(
            handle, SQLITE_DBSTATUS_CACHE_MISS, &count, &highest, 0)
        return code == SQLITE_OK ? Int(count) : 0
    }

    /// True between BEGIN and the end of the transaction; an error may have ended it already.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Copies the write-ahead log into the database as far as readers allow and restarts it.
    /// Returns the frames
    /// that are not copied yet.
    @discardableResult
    public func checkpoint(truncating: Bool) throws(SQLiteError) -> Int {
        var frames: Int32 = 0
        var copied: Int32 = 0
        let mode = truncating ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &frames, &copied)
        guard code == SQLITE_OK else { throw error("checkpoint", code) }
        self.frames.pointee = frames - copied
        return Int(frames - copied)
    }

    func error(_ operation: String, _ code: Int32) -> SQLiteError {
        SQLiteError(
            operation: operation, code: code, message: String(cString: sqlite3_errmsg(handle)))
    }
}
