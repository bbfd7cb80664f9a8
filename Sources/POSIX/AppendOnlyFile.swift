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

    /// The contents of a file, nil when there is none; at most `bytesMax` bytes are read.
    public static func contents(of path: String, bytesMax: Int) throws(POSIXError) -> [UInt8]? {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        if opened < 0 && errno == ENOENT { return nil }
        guard opened >= 0 else { throw .last("open \(path)") }
        defer { close(opened) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while all.count < bytesMax {
            let got = Glibc.read(opened, &buffer, min(buffer.count, bytesMax - all.count))
            guard got >= 0 else { throw .last("read \(path)") }
            if got == 0 { break }
            all.append(contentsOf: buffer.prefix(got))
        }
        return all
    }
}
