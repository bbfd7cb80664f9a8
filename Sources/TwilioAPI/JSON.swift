/// A JSON text that was read (RFC 8259), of bounded depth.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    /// Of a name that comes twice the last counts.
    case object([String: JSON])

    /// Lists and objects within each other.
    static let depthMax = 32

    /// Reads a text; nil when it is not JSON, or deeper than `depthMax`.
    public init?(_ bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        guard let value = reader.document() else { return nil }
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

/// Reads JSON byte by byte.
private struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() -> JSON? {
        guard let value = value(depth: 0) else { return nil }
        skipSpace()
        return position == bytes.count ? value : nil
    }

    private mutating func value(depth: Int) -> JSON? {
        skipSpace()
        guard depth < JSON.depthMax, position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return list(depth)
        case UInt8(ascii: "\""): return string().map { .text($0) }
        case UInt8(ascii: "t"): return word("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return word("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return word("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(_ depth: Int) -> JSON? {
        position += 1
        var members: [String: JSON] = [:]
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\""),
                let name = string(), take(UInt8(ascii: ":")), let value = value(depth: depth + 1)
            else { return nil }
            members[name] = value
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(members) : nil
    }

    private mutating func list(_ depth: Int) -> JSON? {
        position += 1
        var items: [JSON] = []
        if take(UInt8(ascii: "]")) { return .list(items) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            items.append(value)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .list(items) : nil
    }

    private mutating func string() -> String? {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// What stands behind a backslash. Half a surrogate pair becomes U+FFFD.
    private mutating func escape() -> Unicode.Scalar? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let high = unit() else { return nil }
            guard (0xd800..<0xdc00).contains(high) else {
                return Unicode.Scalar(high) ?? "\u{fffd}"
            }
            let before = position
            if word("\\u"), let low = unit(), (0xdc00..<0xe000).contains(low) {
                return Unicode.Scalar(0x1_0000 + (high - 0xd800) << 10 + (low - 0xdc00))
            }
            position = before
            return "\u{fffd}"
        default: return nil
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        let digits = bytes[position..<(position + 4)]
        guard digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else {
            return nil
        }
        position += 4
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private mutating func number() -> JSON? {
        let start = position
        while position < bytes.count, "+-.eE0123456789".utf8.contains(bytes[position]) {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let first = text.utf8.first(where: { $0 != UInt8(ascii: "-") }),
            (0x30...0x39).contains(first), let value = Double(text), value.isFinite
        else { return nil }
        return .number(value)
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let expected = Array(word.description.utf8)
        guard bytes[position...].starts(with: expected) else { return false }
        position += expected.count
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) {
            position += 1
        }
    }
}
