import Foundation

/// A JSON text that was read (RFC 8259).
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    /// A name that comes twice counts once.
    case object([String: JSON])

    /// Reads a text; nil when it is not JSON. Foundation refuses one that is more than 512 deep.
    public init?(_ bytes: [UInt8]) {
        // Why it is not JSON is of no use to anybody: Twilio sent it.
        guard let value = try? JSONDecoder().decode(JSON.self, from: Data(bytes)) else {
            return nil
        }
        self = value
    }

    /// The member of an object.
    public subscript(name: String) -> JSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// A text that is not empty.
    public var text: String? {
        if case .text(let text) = self, !text.isEmpty { text } else { nil }
    }

    /// A whole number, also one in quotes, as Twilio writes some.
    public var integer: Int? {
        switch self {
        case .number(let value): Int(exactly: value)
        case .text(let text): Int(text)
        default: nil
        }
    }

    /// True or false.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The items of a list.
    public var items: [JSON]? {
        if case .list(let items) = self { items } else { nil }
    }
}

extension JSON: Decodable {
    /// A value of any kind.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        func read<Value: Decodable>(_: Value.Type) -> Value? {
            // An error says only that the value is of another kind.
            try? value.decode(Value.self)
        }
        if value.decodeNil() {
            self = .null
        } else if let bool = read(Bool.self) {
            self = .bool(bool)
        } else if let number = read(Double.self) {
            self = .number(number)
        } else if let text = read(String.self) {
            self = .text(text)
        } else if let items = read([JSON].self) {
            self = .list(items)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }
}
