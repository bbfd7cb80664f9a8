import POSIX

/// Sets a database that cannot be used aside, whole: the file and its write-ahead log get another
/// name in the same folder, and nothing in them is changed.
struct DamagedFiles: Sendable {
    /// The data folder.
    let folder: String

    /// The file that names the database under way: while it is there, what was begun is ended at
    /// the next start.
    static let intent = "store-salvage"
    private static let database = "hookline.sqlite"
    private static let setAside = "hookline.sqlite.damaged-"

    /// Sets the database aside; returns its new path. A power cut at any moment leaves it where it
    /// was, or under its new name.
    func setAside(nowMilliseconds: Int64) throws(POSIXError) -> String {
        let name = newName(nowMilliseconds)
        try Folder.writeDurably(Array(name.utf8), to: Self.intent, in: folder)
        return try finish(name)
    }

    /// What an earlier process began to set aside, now with its new path; nil for nothing.
    func finishPending() throws(POSIXError) -> String? {
        guard let bytes = try Folder.read(folder + "/" + Self.intent, bytesMax: 256) else {
            return nil
        }
        let name = String(decoding: bytes, as: UTF8.self)
        guard name.hasPrefix(Self.setAside), !name.utf8.contains(UInt8(ascii: "/")) else {
            try done()
            return nil
        }
        return try finish(name)
    }

    /// The new database knows what is to be salvaged.
    func done() throws(POSIXError) { try Folder.remove(folder + "/" + Self.intent) }

    /// A log whose database is gone: SQLite would delete it. Returns its new path.
    func setLogAside(nowMilliseconds: Int64) throws(POSIXError) -> String? {
        let name = newName(nowMilliseconds) + "-wal"
        let path = folder + "/" + name
        let isThere = try Folder.move(folder + "/" + Self.database + "-wal", to: path)
        return isThere ? path : nil
    }

    /// How many databases, and logs without one, were set aside in this folder and are still there.
    var count: Int? {
        guard let names = try? Folder.names(folder) else { return nil }
        let found = names.filter { $0.hasPrefix(Self.setAside) && !$0.hasSuffix("-shm") }
        return Set(found.map { $0.hasSuffix("-wal") ? String($0.dropLast(4)) : $0 }).count
    }

    /// The log first: once the database has its new name, all is done.
    private func finish(_ name: String) throws(POSIXError) -> String {
        let (old, new) = (folder + "/" + Self.database, folder + "/" + name)
        if Folder.fileBytes(new) == nil {
            if Folder.fileBytes(new + "-wal") == nil {
                try Folder.move(old + "-wal", to: new + "-wal")
            }
            try Folder.move(old, to: new)
            // It is only an index of the log, and the next one makes its own.
            try Folder.remove(old + "-shm")
            try Folder.sync(folder)
        }
        return new
    }

    private func newName(_ nowMilliseconds: Int64) -> String {
        let time = Timestamp.text(milliseconds: nowMilliseconds).filter {
            $0 != "-" && $0 != ":" && $0 != "."
        }
        let name = Self.setAside + time
        for number in 2..<100 where Folder.fileBytes(folder + "/" + name) != nil {
            let other = name + "-\(number)"
            if Folder.fileBytes(folder + "/" + other) == nil { return other }
        }
        return name
    }
}
