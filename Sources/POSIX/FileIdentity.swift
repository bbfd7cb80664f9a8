import Glibc

/// Which file or folder lies at a path: its device and its number there. The number is not given
/// to another file for as long as somebody has this one open.
public struct FileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let number: UInt64

    /// What lies at `path` now, a symbolic link as the link that it is; throws when nothing does.
    public init(_ path: String) throws(POSIXError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .last("lstat \(path)") }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    /// What a path shows of a file that lay there before.
    public enum Look: Sendable, Equatable {
        /// It lies there still.
        case same
        /// Nothing lies there.
        case removed
        /// Something else lies there.
        case replaced
        /// The system did not say.
        case unknown
    }

    /// Looks whether this is still what lies at `path`; with `following`, behind a symbolic link.
    public func look(at path: String, following: Bool = false) -> Look {
        var status = stat()
        guard (following ? stat(path, &status) : lstat(path, &status)) == 0 else {
            return errno == ENOENT || errno == ENOTDIR ? .removed : .unknown
        }
        return FileIdentity(status) == self ? .same : .replaced
    }
}

/// A folder that is kept open, so that its number is given to no other.
public final class OpenFolder: Sendable {
    private let descriptor: Int32
    /// Which folder it is.
    public let identity: FileIdentity

    /// Opens the folder at `path`; a symbolic link to it is followed.
    public init(_ path: String) throws(POSIXError) {
        let opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw .last("open \(path)") }
        var status = stat()
        guard fstat(opened, &status) == 0 else {
            let error = POSIXError.last("fstat \(path)")
            close(opened)
            throw error
        }
        descriptor = opened
        identity = FileIdentity(status)
    }

    deinit {
        close(descriptor)
    }
}
