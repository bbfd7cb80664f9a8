import POSIX

/// The data folder: what lies where, and the lock that makes one process its owner.
package struct DataFolder: ~Copyable {
    let paths: DataFolderPaths
    /// What others could use and now cannot.
    let repairs: [Folder.Repair]
    private let lock: FolderLock

    /// Prepares the folder and takes its lock, or says why not.
    init(path: String) throws(StartupError) {
        let paths = DataFolderPaths(folder: path)
        let repairs = try Self.protect(paths)
        do {
            lock = try FolderLock(path: paths.lock)
        } catch {
            throw error.isWouldBlock
                ? .dataFolderInUse(path: path) : .dataFolder(path: path, reason: error.message)
        }
        self.paths = paths
        self.repairs = repairs
    }

    /// The folder and its files are this user's, and no file is a symbolic link: whoever could
    /// exchange one would read messages, or have other files overwritten.
    private static func protect(
        _ paths: DataFolderPaths
    ) throws(StartupError) -> [Folder.Repair] {
        do {
            try Folder.prepare(paths.folder)
            var repairs: [Folder.Repair] = []
            if let repair = try Folder.protect(paths.folder, isFolder: true) {
                repairs.append(repair)
            }
            for file in paths.files {
                if let repair = try Folder.protect(file, isFolder: false) { repairs.append(repair) }
            }
            return repairs
        } catch {
            throw .dataFolder(path: paths.folder, reason: "\(error.operation): \(error.message)")
        }
    }
}
