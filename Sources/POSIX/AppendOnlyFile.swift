import Glibc

/// A file that is only ever appended to; closed in `deinit`.
public final class AppendOnlyFile: Sendable {
    private let descriptor: Int32

    /// Opens or creates the file, for its owner only.
    public init(path: String) throws(POSIXError) {
        let opened = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .last("open \(path)") }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }

    /// Appends bytes in one write: they survive this process, and a power cut once the kernel
    /// has written them back.
    public func append(_ bytes: [UInt8]) throws(POSIXError) {
        guard Descriptor.write(bytes, to: descriptor) else { throw .last("write") }
    }
}
