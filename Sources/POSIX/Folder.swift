import Glibc

/// Folders and small files that the process keeps.
public enum Folder {
    /// Creates a folder for its owner only, if it is not there; checks that it can be used.
    public static func prepare(_ path: String) throws(POSIXError) {
        if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .last("mkdir \(path)") }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .last("stat \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw POSIXError(operation: "open \(path)", code: ENOTDIR, message: "not a folder")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else { throw .last("access \(path)") }
    }

    /// Makes the folder's entries durable: call it once after files were created in it.
    public static func sync(_ path: String) throws(POSIXError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last("fsync \(path)") }
    }

    /// The bytes that the folder's file system still has for this process, nil if unreadable.
    public static func freeBytes(_ path: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// The size of the folder's file system in bytes, nil if unreadable.
    public static func totalBytes(_ path: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return UInt64(status.f_blocks) * UInt64(status.f_frsize)
    }

    /// Makes a file that takes so many bytes of the disk, for its owner only; it has no contents.
    public static func allocate(_ path: String, bytes: UInt64) throws(POSIXError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open \(path)") }
        defer { close(descriptor) }
        let code = posix_fallocate(descriptor, 0, off_t(clamping: bytes))
        guard code == 0 else {
            throw POSIXError(
                operation: "allocate \(path)", code: code,
                message: String(cString: strerror(code)))
        }
    }

    /// The size of a file in bytes, nil when there is none.
    public static func fileBytes(_ path: String) -> UInt64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return UInt64(status.st_size)
    }

    /// Removes a file; one that is not there is no error.
    public static func remove(_ path: String) throws(POSIXError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .last("unlink \(path)") }
    }

    /// The contents of a file, nil when there is none; at most `bytesMax` bytes are read.
    public static func read(_ path: String, bytesMax: Int) throws(POSIXError) -> [UInt8]? {
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

    /// Writes a whole file for its owner only, through a temporary one and a rename.
    public static func write(_ bytes: [UInt8], to path: String) throws(POSIXError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open \(temporary)") }
        let written = Descriptor.write(bytes, to: descriptor)
        let closed = close(descriptor)
        guard written, closed == 0 else { throw .last("write \(temporary)") }
        guard rename(temporary, path) == 0 else { throw .last("rename \(path)") }
    }
}

/// Writes to descriptors.
public enum Descriptor {
    /// Standard output.
    public static let standardOutput: Int32 = 1
    /// Standard error.
    public static let standardError: Int32 = 2

    /// Writes all bytes; false when the descriptor no longer takes them.
    @discardableResult
    public static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let written = Glibc.write(
                    descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { return false }
                offset += written
            }
            return true
        }
    }

    /// True when the descriptor is a terminal.
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
}

/// What tells one state of a file from the next: file, size and time of the last change.
public struct FileStamp: Sendable, Equatable {
    private var device: UInt64 = 0
    private var number: UInt64 = 0
    private var size: Int64 = -1
    private var seconds: Int64 = 0
    private var nanoseconds: Int64 = 0

    /// The present state of the file at `path`; one that is not there has a stamp, too.
    public init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
