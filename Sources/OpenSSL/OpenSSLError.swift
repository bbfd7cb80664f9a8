/// What can go wrong in this target; each is met at set-up, never per message.
public enum OpenSSLError: Error, Sendable, Equatable {
    /// OpenSSL has no such algorithm: its configuration removed it, or memory ran out.
    case algorithmUnavailable(String)

    /// A fixed word for the case, usable as a metric label.
    public var reason: String { "algorithm_unavailable" }
}

extension OpenSSLError: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        switch self {
        case .algorithmUnavailable(let name):
            "OpenSSL does not offer \(name); look at its configuration file (openssl.cnf)"
        }
    }
}
