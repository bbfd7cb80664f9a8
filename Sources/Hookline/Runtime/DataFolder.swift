import POSIX

/// The data folder: what lies where, and the lock that makes one process its owner.
package struct DataFolder: ~Copyable {
    /// Where things lie in a data folder.
    package struct Paths: Sendable {
        let folder: String

        /// The paths in this folder.
        package init(folder: String) { self.folder = folder }

        /// The SQLite database; `-wal` and `-shm` lie beside it.
        var database: String { folder + "/hookline.sqlite" }
        /// The write-ahead log.
        var writeAheadLog: String { database + "-wal" }
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
        /// Messages that the application took while the store was failing.
        var takenJournal: String { folder + "/taken-directly" }
    }

    let paths: Paths
    private let lock: FolderLock

    /// Prepares the folder and takes its lock, or says why not.
    init(path: String) throws(StartupError) {
        let paths = Paths(folder: path)
        do {
            try Folder.prepare(path)
        } catch {
            throw .dataFolder(path: path, reason: error.message)
        }
        do {
            lock = try FolderLock(path: paths.lock)
        } catch {
            throw error.isWouldBlock
                ? .dataFolderInUse(path: path) : .dataFolder(path: path, reason: error.message)
        }
        self.paths = paths
    }
}
