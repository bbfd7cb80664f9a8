/// Why there is no reply. After any of these the connection is closed: what would still arrive on
/// it could be taken for the answer to something else.
public enum RedisError: Error, Sendable, Equatable {
    /// The host's name has no address; the text is the resolver's.
    case unresolved(String)
    /// No connection came to be.
    case unreachable(String)
    /// The deadline passed.
    case timeout
    /// The connection ended.
    case closed(String)
    /// What arrived is no reply, or a larger one than is accepted.
    case garbled(String)
    /// Redis refused what has to succeed before anything else: password, database, role.
    case refused(ServerError)
    /// Redis is a replica where a master is needed.
    case notMaster

    /// The kinds of failure, in a fixed vocabulary.
    public enum Reason: String, Sendable, CaseIterable {
        case unresolved, unreachable, timeout, closed, garbled, refused
        case notMaster = "not_master"
    }

    /// The failure's kind, usable as a metric label.
    public var reason: Reason {
        switch self {
        case .unresolved: .unresolved
        case .unreachable: .unreachable
        case .timeout: .timeout
        case .closed: .closed
        case .garbled: .garbled
        case .refused: .refused
        case .notMaster: .notMaster
        }
    }
}

extension RedisError: CustomStringConvertible {
    /// One sentence for people; it holds neither a password nor an argument.
    public var description: String {
        switch self {
        case .unresolved(let message): "the name of the Redis host has no address: \(message)"
        case .unreachable(let message): "Redis cannot be reached: \(message)"
        case .timeout: "Redis did not answer in time"
        case .closed(let message): "the connection to Redis ended: \(message)"
        case .garbled(let message): "what arrived is not a reply of Redis: \(message)"
        case .refused(let error): "Redis refused: \(error.message)"
        case .notMaster: "this Redis is a replica"
        }
    }
}
