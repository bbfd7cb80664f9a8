import POSIX

/// The data folder: what lies where, and the lock that makes one process its owner.
package struct DataFolder: ~Copyable {
    let paths: DataFolderPaths
    private let lock: FolderLock

    /// Prepares the folder and takes its lock, or says why not.
    init(path: String) throws(StartupError) {
        let paths = DataFolderPaths(folder: path)
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
