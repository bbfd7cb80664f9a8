import POSIX
import Synchronization

/// The identities of messages that the application took while the store was late or failing.
///
/// A commit that failed in fsync can come back: its frames are in the log and a later process
/// recovers them (measured, see ARCHITECTURE.md). The journal tells that process that the
/// message is delivered. It is a file beside the database, appended to and read at start only.
final class DirectDeliveryJournal: Sendable {
    private static let identityBytes = 16
    /// Entries at most: each is a message that was answered without the store.
    private static let entriesMax = 1_000_000

    private let path: String
    private let file: Mutex<AppendOnlyFile?>
    private let log: Log
    private let notice = OncePerMinute()

    init(path: String, log: Log) {
        self.path = path
        self.log = log
        file = Mutex(nil)
    }

    /// The identities that a process before this one wrote down.
    func read() throws(POSIXError) -> [Identity] {
        guard
            let bytes = try Folder.read(
                path, bytesMax: Self.identityBytes * Self.entriesMax)
        else { return [] }
        // A torn last entry is a message whose 200 had not left: it may be forwarded again.
        return stride(from: 0, to: bytes.count - Self.identityBytes + 1, by: Self.identityBytes)
            .map { Identity(stored: Array(bytes[$0..<$0 + Self.identityBytes])) }
    }

    /// Forgets what was read, once the store has it.
    func clear() throws(POSIXError) {
        file.withLock { $0 = nil }
        try Folder.remove(path)
    }

    /// Writes one identity. A failure is logged, once a minute: the message may then be delivered
    /// twice.
    func append(_ identity: Identity) {
        let failure = file.withLock { file -> POSIXError? in
            do throws(POSIXError) {
                if file == nil { file = try AppendOnlyFile(path: path) }
                try file?.append(identity.bytes)
                return nil
            } catch {
                return error
            }
        }
        // On a full disk every one fails: once a minute says it.
        if let failure, notice.takeTurn() {
            log.write(
                LogLine(.error, "cannot note a message that the application took directly")
                    .with("error", failure.message).with("path", path))
        }
    }
}
