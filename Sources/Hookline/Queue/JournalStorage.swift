import POSIX
import Synchronization

/// Where the bytes of a journal are; a simulation brings a file of its own. Any thread.
struct JournalStorage: Sendable {
    /// What it is called, for people.
    var name: String
    /// What was appended, at most so many bytes; nil when there is no file.
    var read: @Sendable (_ bytesMax: Int) throws(POSIXError) -> [UInt8]?
    /// Appends in one write, making the file if need be.
    var append: @Sendable ([UInt8]) throws(POSIXError) -> Void
    /// Removes the file.
    var remove: @Sendable () throws(POSIXError) -> Void

    /// A file, made with its first bytes.
    static func file(_ path: String) -> Self {
        let file = OpenOnce(path: path)
        return Self(
            name: path,
            read: { bytesMax throws(POSIXError) in try Folder.read(path, bytesMax: bytesMax) },
            append: { bytes throws(POSIXError) in try file.append(bytes) },
            remove: { () throws(POSIXError) in
                file.close()
                try Folder.remove(path)
            })
    }

    /// A file that is opened for its first bytes.
    private final class OpenOnce: Sendable {
        private let path: String
        private let file = Mutex<AppendOnlyFile?>(nil)

        init(path: String) { self.path = path }

        func append(_ bytes: [UInt8]) throws(POSIXError) {
            let failure = file.withLock { file -> POSIXError? in
                do throws(POSIXError) {
                    if file == nil { file = try AppendOnlyFile(path: path) }
                    try file?.append(bytes)
                    return nil
                } catch {
                    return error
                }
            }
            if let failure { throw failure }
        }

        func close() { file.withLock { $0 = nil } }
    }
}
