import Glibc

/// A system call that failed.
public struct POSIXError: Error, Sendable, Equatable {
    /// The call's name, with the path it was about where that helps.
    public var operation: String
    /// The `errno`.
    public var code: Int32
    /// The system's words for it.
    public var message: String

    /// A failure from its parts.
    public init(operation: String, code: Int32, message: String) {
        self.operation = operation
        self.code = code
        self.message = message
    }

    /// The failure of the call that just returned.
    static func last(_ operation: String) -> POSIXError {
        let code = errno
        return POSIXError(
            operation: operation, code: code, message: String(cString: strerror(code)))
    }
}

extension POSIXError {
    /// True when the disk, or the quota, is full.
    public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

    /// True when a lock is held by somebody else.
    public var isWouldBlock: Bool { code == EWOULDBLOCK }

    /// True when the file, folder or socket is not there.
    public var isNotFound: Bool { code == ENOENT }

    /// True when nobody listens at a socket.
    public var isRefused: Bool { code == ECONNREFUSED }
}
