import Glibc

/// A small file of fixed places that are written over again; closed in `deinit`.
public final class RecordFile: Sendable {
    private let descriptor: Int32
    /// Which file it is.
    public let identity: FileIdentity

    /// Opens a file that is there; a symbolic link is refused.
    public init(path: String) throws(POSIXError) {
        let opened = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
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

    /// Writes bytes at an offset in one call: they survive this process, and a power cut once
    /// `sync` has returned. Any thread.
    public func write(_ bytes: [UInt8], at offset: Int) throws(POSIXError) {
        guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else {
            throw .last("pwrite")
        }
    }

    /// Makes what was written durable. It may take as long as the disk does: any thread that
    /// nobody waits for.
    public func sync() throws(POSIXError) {
        guard fdatasync(descriptor) == 0 else { throw .last("fdatasync") }
    }
}
