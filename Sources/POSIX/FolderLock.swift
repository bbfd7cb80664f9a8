import Glibc

/// Holds a lock file for as long as the value lives; the kernel frees it when the process dies.
public struct FolderLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Takes the lock, or throws with `EWOULDBLOCK` when another process holds it.
    ///
    /// The holder's process id is written into the file, for people.
    public init(path: String) throws(POSIXError) {
        let opened = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .last("open \(path)") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let error = POSIXError.last("flock \(path)")
            close(opened)
            throw error
        }
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(opened, 0) == 0 { _ = pwrite(opened, text, text.count, 0) }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }
}
