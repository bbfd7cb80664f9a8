import SQLite

/// What the store can refuse or fail with.
enum StoreError: Error, Sendable {
    /// The file was written by a newer version of this program.
    case newerSchema(found: Int64, supported: Int64, path: String)
    /// The file system does not support a write-ahead log.
    case noWriteAheadLog(mode: String, path: String)
    /// SQLite failed.
    case sqlite(SQLiteError)
    /// The folder, or the journal of messages that were taken directly, cannot be used.
    case journal(String)

    /// A fixed word, usable as a metric label.
    var reason: StoreFailure {
        switch self {
        case .newerSchema, .noWriteAheadLog, .journal: .access
        case .sqlite(let error): StoreFailure(error.reason)
        }
    }
}

extension StoreError: CustomStringConvertible {
    var description: String {
        switch self {
        case .newerSchema(let found, let supported, let path):
            "\(path) has schema version \(found), written by a newer Hookline; "
                + "this one knows versions up to \(supported). Install the newer version, "
                + "or point --data-dir at another folder"
        case .noWriteAheadLog(let mode, let path):
            "\(path) cannot use a write-ahead log (SQLite answered journal_mode=\(mode)); "
                + "put --data-dir on a local file system"
        case .sqlite(let error):
            error.description
        case .journal(let reason):
            reason
        }
    }
}
