import POSIX

/// How much of its disk the store takes beside the database: the write-ahead log's bound, and the
/// ballast, which is larger. Both are small on a small disk.
struct DiskRoom: Sendable, Equatable {
    /// Bytes of the write-ahead log after which it is copied into the database.
    let logBytes: Int
    /// Bytes that are kept free for the time when the disk is full: what the log may need to be
    /// copied into the database, and some more.
    let ballastBytes: UInt64

    /// For a disk of so many bytes; unknown counts as large.
    init(diskBytes: UInt64?) {
        let share = Int(clamping: (diskBytes ?? .max) / 16)
        logBytes = max(512 * 1024, min(32 * 1024 * 1024, share))
        ballastBytes = UInt64(logBytes + logBytes / 8 + 256 * 1024)
    }

    /// Free bytes with which a disk counts as having room again, beside the ballast.
    var marginBytes: UInt64 { max(256 * 1024, ballastBytes / 4) }
}

/// A file that only takes room, until a full disk needs it. Confined to the store thread.
final class Ballast {
    /// What came of an attempt to take the room.
    enum Outcome: Equatable {
        /// The room is taken, and some is left beside it.
        case taken
        /// There is not enough.
        case noRoom
        /// The file cannot be made, for a reason that is not room.
        case impossible(String)
    }

    private let path: String
    private let folder: String
    private let room: DiskRoom

    init(folder: String, path: String, room: DiskRoom) {
        self.folder = folder
        self.path = path
        self.room = room
    }

    /// Bytes that it takes now.
    var bytes: UInt64 { Folder.fileBytes(path) ?? 0 }

    /// True when the disk has less room than the ballast takes or would take: it is needed.
    var isNeeded: Bool { Folder.freeBytes(folder).map { $0 < room.marginBytes } ?? false }

    /// Takes the room if it is not taken.
    func take() -> Outcome {
        let taken = bytes
        if taken == room.ballastBytes { return .taken }
        // A file that cannot be made whole is not begun: others need the last bytes more.
        if let free = Folder.freeBytes(folder),
            free + taken < room.ballastBytes + room.marginBytes
        {
            return .noRoom
        }
        do {
            try Folder.allocate(path, bytes: room.ballastBytes)
            return .taken
        } catch {
            release()
            return error.isDiskFull ? .noRoom : .impossible(error.message)
        }
    }

    /// Gives the room back.
    func release() {
        // One that cannot be removed is met by the next commit, which fails.
        try? Folder.remove(path)
    }
}
