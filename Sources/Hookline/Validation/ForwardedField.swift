import MicroHTTP
import POSIX

/// The field `Forwarded` (RFC 7239): one element for each proxy, the last one's at the right.
struct ForwardedField: Sendable {
    /// What one proxy says of the request that it received.
    struct Element: Sendable {
        /// Who called the proxy: an address, or a name for it.
        var caller: [UInt8]?
        /// The `Host` that the proxy received.
        var host: [UInt8]?
        /// The scheme that the proxy was called with.
        var scheme: [UInt8]?
    }

    /// The elements of all lines, in order; empty ones do not count.
    private(set) var elements: [Element] = []

    /// Reads all lines; nil when one of them is not what RFC 7239 allows.
    ///
    /// One fault makes the whole field unreadable. A quotation mark that a client left open would
    /// otherwise hide the elements that proxies wrote behind it.
    init?(_ fields: HTTPFields) {
        for line in fields.all("forwarded") {
            guard read(line) else { return nil }
        }
    }

    private mutating func read(_ line: ArraySlice<UInt8>) -> Bool {
        var rest = line
        var element = Element()
        var hasPairs = false
        while true {
            rest = rest.drop(while: FieldList.isSpace)
            switch rest.first {
            case UInt8(ascii: ";"):
                rest.removeFirst()
            case nil, UInt8(ascii: ","):
                if hasPairs { elements.append(element) }
                if rest.popFirst() == nil { return true }
                element = Element()
                hasPairs = false
            default:
                guard Self.pair(&rest, &element) else { return false }
                hasPairs = true
            }
        }
    }

    /// `name=value`, up to the next separator; false when it is something else.
    private static func pair(_ rest: inout ArraySlice<UInt8>, _ element: inout Element) -> Bool {
        let name = rest.prefix { !isDelimiter($0) }
        rest = rest[name.endIndex...]
        guard !name.isEmpty, rest.first == UInt8(ascii: "=") else { return false }
        rest.removeFirst()
        guard let value = value(&rest) else { return false }
        rest = rest.drop(while: FieldList.isSpace)
        guard rest.isEmpty || rest.first == UInt8(ascii: ",") || rest.first == UInt8(ascii: ";")
        else { return false }
        switch String(decoding: name.map(ASCII.lowercased), as: UTF8.self) {
        case "for": return set(&element.caller, value)
        case "host": return set(&element.host, value)
        case "proto": return set(&element.scheme, value)
        default: return true
        }
    }

    /// A parameter stands in an element once (section 4).
    private static func set(_ parameter: inout [UInt8]?, _ value: [UInt8]) -> Bool {
        guard parameter == nil else { return false }
        parameter = value
        return true
    }

    /// A quoted string without its marks, or a token, in which a colon and brackets may stand too,
    /// because proxies write them there.
    private static func value(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.first == UInt8(ascii: "\"") else {
            let value = rest.prefix { !isDelimiter($0) }
            rest = rest[value.endIndex...]
            return value.isEmpty ? nil : Array(value)
        }
        rest.removeFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return value
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped)
            default: value.append(byte)
            }
        }
        return nil
    }

    /// True for what ends a name or a value that is not quoted.
    private static func isDelimiter(_ byte: UInt8) -> Bool {
        FieldList.isSpace(byte) || ",;=\"".utf8.contains(byte)
    }
}
