/// Where things lie in a data folder.
package struct DataFolderPaths: Sendable {
    let folder: String

    /// The paths in this folder.
    package init(folder: String) { self.folder = folder }

    /// The SQLite database; `-wal` and `-shm` lie beside it.
    var database: String { folder + "/hookline.sqlite" }
    /// The write-ahead log.
    var writeAheadLog: String { database + "-wal" }
    /// Room that is given back when the disk is full.
    var ballast: String { folder + "/ballast" }
    /// Held by the process that serves.
    var lock: String { folder + "/lock" }
    /// The control socket of the process that serves.
    var control: String { folder + "/control" }
    /// The addresses in use, for scripts and tests: JSON, written once it listens.
    package var addresses: String { folder + "/addresses.json" }
    /// The throw-away token of `--dev`.
    package var developmentToken: String { folder + "/dev-token" }
    /// Who the process that serves, or served last, is to Redis.
    var redisConsumer: String { folder + "/redis-consumer" }
    /// The accounts that the token source knows, a line each.
    var knownAccounts: String { folder + "/known-accounts" }
    /// What the database held last; `StoreMarker` writes it.
    var marker: String { folder + "/store-marker" }
    /// Every file that may lie in the folder.
    var files: [String] {
        [
            database, writeAheadLog, database + "-shm", lock, control, addresses, developmentToken,
            redisConsumer, takenJournal, marker, knownAccounts,
        ]
    }
    /// Messages that the application took while the store was failing.
    var takenJournal: String { folder + "/taken-directly" }
}
