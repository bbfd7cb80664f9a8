import Glibc

extension Folder {
    /// Writes a whole file for its owner only so that, after a power cut at any moment, the file
    /// is either the old one or the new one: a temporary file, fsync, rename, fsync of the folder.
    public static func writeDurably(
        _ bytes: [UInt8], to name: String, in folder: String
    ) throws(POSIXError) {
        let path = folder + "/" + name
        let temporary = path + ".new"
        try remove(temporary)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = open(temporary, flags, 0o600)
        guard descriptor >= 0 else { throw .last("open \(temporary)") }
        let isWritten = Descriptor.write(bytes, to: descriptor) && fsync(descriptor) == 0
        let error = POSIXError.last("write \(temporary)")
        guard close(descriptor) == 0, isWritten else { throw error }
        guard rename(temporary, path) == 0 else { throw .last("rename \(path)") }
        try sync(folder)
    }

    /// Gives a file another name in the same folder; false when it is not there.
    @discardableResult
    public static func move(_ path: String, to new: String) throws(POSIXError) -> Bool {
        if rename(path, new) == 0 { return true }
        guard errno == ENOENT else { throw .last("rename \(path)") }
        return false
    }

    /// The names in a folder, without the two of every folder.
    public static func names(_ path: String) throws(POSIXError) -> [String] {
        guard let opened = opendir(path) else { throw .last("opendir \(path)") }
        defer { closedir(opened) }
        var names: [String] = []
        while let entry = readdir(opened) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes a file that another library wrote durable.
    public static func syncFile(_ path: String) throws(POSIXError) {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last("fsync \(path)") }
    }

    /// What was wrong with a folder's or a file's protection, and was put right.
    public struct Repair: Sendable, Equatable {
        /// The path.
        public var path: String
        /// The permission bits that it had.
        public var mode: UInt32
    }

    /// Lets nobody but the owner use what lies at `path`; says what had to be changed.
    ///
    /// Throws EPERM when it belongs to somebody else, ELOOP when it is a symbolic link.
    public static func protect(_ path: String, isFolder: Bool) throws(POSIXError) -> Repair? {
        var status = stat()
        guard (isFolder ? stat(path, &status) : lstat(path, &status)) == 0 else {
            if errno == ENOENT { return nil }
            throw .last("stat \(path)")
        }
        guard status.st_mode & S_IFMT != S_IFLNK else {
            throw POSIXError(
                operation: "open \(path)", code: ELOOP, message: "it is a symbolic link")
        }
        guard status.st_uid == geteuid() else {
            throw POSIXError(
                operation: "open \(path)", code: EPERM,
                message: "it belongs to user \(status.st_uid), and this process is user "
                    + "\(geteuid())")
        }
        let mode = UInt32(status.st_mode & 0o7777)
        guard mode & 0o077 != 0 else { return nil }
        guard chmod(path, status.st_mode & 0o700) == 0 else { throw .last("chmod \(path)") }
        return Repair(path: path, mode: mode)
    }
}

/// What the whole process may and may not do with files.
public enum ProcessProtection {
    /// New files are for their owner only.
    public static func restrictNewFiles() { umask(0o077) }

    /// A crash leaves no image of the memory, in which tokens and messages are: neither in a file
    /// nor in what a program gets that the kernel hands images to, which the limit does not bind
    /// (core(5)). False when the system refused one of the two.
    public static func forbidCoreDumps() -> Bool {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        let isLimited = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
        // No part of the memory is written into an image.
        let filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)
        guard filter >= 0 else { return false }
        defer { close(filter) }
        return Descriptor.write(Array("0".utf8), to: filter) && isLimited
    }

    /// True for the user that may do everything.
    public static var isRoot: Bool { geteuid() == 0 }
}
