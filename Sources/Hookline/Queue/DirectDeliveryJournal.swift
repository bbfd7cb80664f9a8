import POSIX

/// The messages that the application took while the store was late or failing.
///
/// A commit that failed in fsync can come back: its frames are in the log and a later process
/// recovers them (measured, see ARCHITECTURE.md). The journal tells that process that the
/// message is delivered. It is a file beside the database, appended to and read at start only.
final class DirectDeliveryJournal: Sendable {
    /// Identity, time of receipt, and a digest of both, so that a part of an entry that a full disk
    /// left does not hide those behind it.
    private static let entryBytes = 32
    /// Entries at most: each is a message that was answered without the store.
    private static let entriesMax = 1_000_000

    private let storage: JournalStorage
    private let log: Log
    private let notice = OncePerMinute()

    init(storage: JournalStorage, log: Log) {
        self.storage = storage
        self.log = log
    }

    /// In a file.
    convenience init(path: String, log: Log) { self.init(storage: .file(path), log: log) }

    /// The messages that a process before this one wrote down.
    func read() throws(POSIXError) -> [SeenMessage] {
        guard let bytes = try storage.read(Self.entryBytes * Self.entriesMax) else { return [] }
        var messages: [SeenMessage] = []
        var place = 0
        // A torn entry is a message whose 200 had not left: it may be forwarded again.
        while place + Self.entryBytes <= bytes.count {
            let message = Self.message(bytes[place..<place + Self.entryBytes])
            if let message { messages.append(message) }
            place += message == nil ? 1 : Self.entryBytes
        }
        return messages
    }

    /// Forgets what was read, once the store has it.
    func clear() throws(POSIXError) { try storage.remove() }

    /// Writes one message. A failure is logged, once a minute: the message may then be delivered
    /// twice.
    func append(_ message: SeenMessage) {
        do throws(POSIXError) {
            try storage.append(Self.entry(message))
        } catch {
            // On a full disk every one fails: once a minute says it.
            guard notice.takeTurn() else { return }
            log.write(
                LogLine(.error, "cannot note a message that the application took directly")
                    .with("error", error.message).with("path", storage.name))
        }
    }

    /// The time is in milliseconds since the epoch, the most significant byte first, and negative
    /// for an event that may happen again.
    private static func entry(_ message: SeenMessage) -> [UInt8] {
        let time = message.isNamed ? message.seenMilliseconds : -message.seenMilliseconds
        let parts =
            message.identity.bytes
            + (0..<8).map { UInt8(truncatingIfNeeded: time >> Int64(56 - 8 * $0)) }
        return parts + digest(parts[...])
    }

    /// The message of an entry, nil when it is none.
    private static func message(_ entry: ArraySlice<UInt8>) -> SeenMessage? {
        let parts = entry.prefix(24)
        guard entry.suffix(8).elementsEqual(digest(parts)) else { return nil }
        let time = parts.suffix(8).reduce(0) { $0 << 8 | Int64($1) }
        return SeenMessage(
            identity: Identity(stored: Array(parts.prefix(16))), seenMilliseconds: abs(time),
            isNamed: time >= 0)
    }

    private static func digest(_ parts: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        Identity(product: "taken", account: parts, parts: []).bytes.prefix(8)
    }
}
