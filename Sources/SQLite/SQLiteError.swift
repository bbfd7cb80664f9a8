import CSQLite

/// A call of SQLite that failed.
public struct SQLiteError: Error, Sendable, Equatable {
    /// What was being done: `open`, `prepare`, `bind`, `step`, `execute`, `checkpoint`.
    public var operation: String
    /// The extended result code (https://sqlite.org/rescode.html).
    public var code: Int32
    /// SQLite's own words; they hold names of the schema, never a row's content.
    public var message: String

    /// The code of an operation that did not do what it was asked to.
    public static let misuse = SQLITE_MISUSE
    /// The code of a damaged file.
    public static let corrupt = SQLITE_CORRUPT

    /// A failure from its parts.
    public init(operation: String, code: Int32, message: String) {
        self.operation = operation
        self.code = code
        self.message = message
    }

    /// The kind of the failure, in a fixed vocabulary.
    public enum Reason: String, Sendable, CaseIterable {
        /// Another connection holds a lock that one writer alone would never meet.
        case busy
        /// The disk, or the quota, is full.
        case full
        /// An fsync or fdatasync failed: what was written may or may not survive.
        case sync
        /// Another input or output error.
        case inputOutput = "io"
        /// The file is damaged, or is no database.
        case corrupt
        /// The file cannot be opened or written.
        case access
        /// A constraint of the schema was violated.
        case constraint
        /// Anything else.
        case other
    }

    /// The failure's kind, usable as a metric label.
    public var reason: Reason {
        if code == SQLITE_IOERR | (4 << 8) || code == SQLITE_IOERR | (5 << 8) { return .sync }
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy
        case SQLITE_FULL: return .full
        case SQLITE_IOERR: return .inputOutput
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: return .access
        case SQLITE_CONSTRAINT: return .constraint
        default: return .other
        }
    }
}

extension SQLiteError: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        "SQLite could not \(operation): \(message) (result code \(code))"
    }
}
