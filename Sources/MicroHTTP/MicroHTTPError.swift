import Glibc

/// What can go wrong while a server is set up; requests never throw, they are answered.
public enum MicroHTTPError: Error, Sendable, Equatable {
    /// The address is not a numeric IPv4 or IPv6 address, nor `localhost`.
    case unusableAddress(String)
    /// A system call failed: its name, its `errno` and the system's words for it.
    case system(operation: String, code: Int32, message: String)
    /// libmicrohttpd refused to start; its own words are in the log callback's line.
    case daemonNotStarted(String)

    /// A fixed word for the case, usable as a metric label.
    public var reason: String {
        switch self {
        case .unusableAddress: "unusable_address"
        case .system: "system"
        case .daemonNotStarted: "daemon_not_started"
        }
    }
}

extension MicroHTTPError {
    /// True when another socket listens on the address.
    public var isAddressInUse: Bool {
        if case .system(_, EADDRINUSE, _) = self { return true }
        return false
    }

    /// True when this user must not listen there: a port below 1024.
    public var isForbidden: Bool {
        if case .system(_, EACCES, _) = self { return true }
        return false
    }
}

extension MicroHTTPError: CustomStringConvertible {
    /// One sentence for people: the operation, the system's message and its number.
    public var description: String {
        switch self {
        case .unusableAddress(let text):
            "\"\(text)\" is not an address to listen on; write a numeric address and a port"
        case .system(let operation, let code, let message):
            "\(operation) failed: \(message) (errno \(code))"
        case .daemonNotStarted(let message):
            "libmicrohttpd did not start: \(message)"
        }
    }
}
