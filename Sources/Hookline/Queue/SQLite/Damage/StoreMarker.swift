import POSIX
import Synchronization

/// The file beside the database that knows what the database should hold.
///
/// Nothing inside a database can tell that the database is gone, older or cut. So the last id, and
/// how much is owed, stand in a file of their own: written after each commit, in place, with one
/// system call that does not wait for the disk; made durable once a second while there is
/// something new. Two places are written in turn, so that a write that is cut leaves the one
/// before it.
final class StoreMarker: Sendable {
    /// What the file says.
    struct Contents: Sendable, Equatable {
        var head: StoreMarkerHead
        /// The latest mark; nil when none can be read.
        var mark: StoreMark?
    }

    /// The file's name in the data folder.
    static let name = "store-marker"
    private static let bytesMax = 2048
    private static let places = [512, 1024]

    /// Which file it is.
    var identity: FileIdentity { file.identity }
    /// What was written, or read, last.
    var mark: StoreMark { state.withLock { $0 } }
    /// The head.
    let head: StoreMarkerHead

    private let file: RecordFile
    private let state: Mutex<StoreMark>
    private let isSynced = Atomic<Bool>(true)

    /// Writes the file anew and opens it. It is durable when this returns.
    init(
        folder: String, head: StoreMarkerHead, mark: StoreMark
    ) throws(POSIXError) {
        var mark = mark
        mark.number = max(1, mark.number)
        var bytes = head.bytes + [UInt8](repeating: 0, count: Self.bytesMax - head.bytes.count)
        let place = Self.places[Int(mark.number % 2)]
        bytes.replaceSubrange(place..<place + StoreMark.byteCount, with: mark.bytes)
        try Folder.writeDurably(bytes, to: Self.name, in: folder)
        file = try RecordFile(path: folder + "/" + Self.name)
        self.head = head
        state = Mutex(mark)
    }

    /// What the file in a folder says; nil when there is none. Throws when it cannot be read, and
    /// gives contents without a head when it is no marker, or not whole.
    static func read(in folder: String) throws(POSIXError) -> Found {
        guard let bytes = try Folder.read(folder + "/" + name, bytesMax: bytesMax) else {
            return .nothing
        }
        let marks = places.compactMap { place in
            bytes.count >= place + StoreMark.byteCount
                ? StoreMark(bytes[place..<place + StoreMark.byteCount]) : nil
        }
        let mark = marks.max { $0.number < $1.number }
        guard let head = StoreMarkerHead(bytes) else { return .damaged(mark) }
        return .whole(Contents(head: head, mark: mark))
    }

    /// What lies where the marker should.
    enum Found: Sendable, Equatable {
        case nothing
        /// It can be read.
        case whole(Contents)
        /// Its head cannot be read; the mark may be.
        case damaged(StoreMark?)
    }

    /// Notes what the store holds. The store thread, after a commit; false when the file does not
    /// take it, which makes a later loss look smaller and loses nothing.
    @discardableResult
    func note(_ new: StoreMark) -> Bool {
        let next = state.withLock { mark -> StoreMark? in
            var new = new
            new.number = mark.number
            guard new != mark else { return nil }
            new.number += 1
            mark = new
            return new
        }
        guard let next else { return true }
        isSynced.store(false, ordering: .relaxed)
        do {
            try file.write(next.bytes, at: Self.places[Int(next.number % 2)])
            return true
        } catch {
            return false
        }
    }

    /// Makes what was noted durable, if there is something new. A thread that nobody waits for.
    func sync() throws(POSIXError) {
        guard !isSynced.exchange(true, ordering: .relaxed) else { return }
        try file.sync()
    }
}
