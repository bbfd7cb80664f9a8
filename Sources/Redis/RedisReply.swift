/// What Redis answers to one command.
public enum RedisReply: Sendable, Equatable {
    /// A string, which may hold any byte.
    case bytes([UInt8])
    /// A short text such as `OK` or `PONG`.
    case status(String)
    /// A whole number.
    case integer(Int64)
    /// Nothing: no such key, no such entry, a time-out of a blocking command.
    case null
    /// Several replies; errors may be among them.
    case array([RedisReply])
    /// The command was refused.
    case error(ServerError)
}

extension RedisReply {
    /// The bytes of a string, nil of anything else.
    public var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { return bytes }
        return nil
    }

    /// The text of a string or a status, nil of anything else; invalid UTF-8 is replaced.
    public var text: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }

    /// A whole number, also one that came as a string; nil of anything else.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .bytes, .status: text.flatMap { Int64($0) }
        default: nil
        }
    }

    /// The elements of an array, nil of anything else.
    public var elements: [RedisReply]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    /// The error, or the first error inside an array, however deep; nil when there is none.
    public var firstError: ServerError? {
        switch self {
        case .error(let error):
            return error
        case .array(let elements):
            for element in elements {
                if let error = element.firstError { return error }
            }
            return nil
        default:
            return nil
        }
    }
}
