/// A place in the text of a document, and what can be read from there.
struct XMLCursor {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    /// The byte at this place.
    var next: UInt8? { peek(0) }

    /// The byte so many further on.
    func peek(_ distance: Int) -> UInt8? {
        position + distance < text.count ? text[position + distance] : nil
    }

    func isAt(_ word: StaticString) -> Bool {
        let bytes = Self.bytes(word)
        return text[position...].starts(with: bytes)
    }

    /// Passes a word over; false when it is not there.
    mutating func take(_ word: StaticString) -> Bool {
        guard isAt(word) else { return false }
        position += word.utf8CodeUnitCount
        return true
    }

    /// Passes white space over; false when there was none.
    @discardableResult
    mutating func skipSpace() -> Bool {
        let start = position
        while let next, XMLText.isSpace(next) { position += 1 }
        return position > start
    }

    /// Goes behind the next place of a word; false when there is none.
    mutating func skip(past word: StaticString) -> Bool { text(before: word) != nil }

    /// The text up to a word, which is passed over too; nil when there is none.
    mutating func text(before word: StaticString) -> ArraySlice<UInt8>? {
        guard let range = text[position...].firstRange(of: Self.bytes(word)) else { return nil }
        defer { position = range.upperBound }
        return text[position..<range.lowerBound]
    }

    mutating func name() throws(TwiMLError) -> String {
        let start = position
        while let next, XMLText.isName(next, first: position == start) { position += 1 }
        // A letter beyond ASCII would be the rest of the name.
        guard position > start, (next ?? 0) < 0x80 else { throw fault(.name) }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    /// `name="value"`, its references replaced and its white space made spaces.
    mutating func attribute() throws(TwiMLError) -> (name: String, value: String) {
        let name = try name()
        skipSpace()
        guard take("=") else { throw fault(.attribute) }
        skipSpace()
        guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw fault(.attribute)
        }
        position += 1
        let value = try characters(before: quote, isAttribute: true)
        guard next == quote else { throw fault(.attribute) }
        position += 1
        return (name, String(decoding: value, as: UTF8.self))
    }

    /// Text up to a byte or the end, its references replaced.
    mutating func characters(
        before end: UInt8, isAttribute: Bool = false
    ) throws(TwiMLError) -> [UInt8] {
        var result: [UInt8] = []
        while let byte = next, byte != end {
            switch byte {
            case UInt8(ascii: "&"):
                try reference(into: &result)
                continue
            case UInt8(ascii: "<"):
                throw fault(.attribute)
            case UInt8(ascii: "]") where !isAttribute && isAt("]]>"):
                throw fault(.cdata)
            case 0x09, 0x0a:
                result.append(isAttribute ? 0x20 : byte)
            default:
                result.append(byte)
            }
            position += 1
        }
        return result
    }

    /// `&name;`, `&#10;` or `&#xa;`.
    private mutating func reference(into result: inout [UInt8]) throws(TwiMLError) {
        let end = text[position...].prefix(32).firstIndex(of: UInt8(ascii: ";"))
        guard let end else { throw fault(.reference) }
        let name = text[(position + 1)..<end]
        if name.first == UInt8(ascii: "#") {
            guard let value = Self.number(name.dropFirst()), XMLText.isCharacter(value),
                let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar)
            else { throw fault(.reference) }
            result += bytes
        } else {
            guard let first = name.first, XMLText.isName(first, first: true),
                name.allSatisfy({ XMLText.isName($0, first: false) })
            else { throw fault(.reference) }
            guard let entity = Self.entities.first(where: { Self.bytes($0.name) == name }) else {
                throw .entity(line: line)
            }
            result.append(entity.byte)
        }
        position = end + 1
    }

    private static let entities: [(name: StaticString, byte: UInt8)] = [
        ("amp", 0x26), ("lt", 0x3c), ("gt", 0x3e), ("quot", 0x22), ("apos", 0x27),
    ]

    /// Decimal digits, or hexadecimal ones behind an `x`; nil for anything else.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        let isHexadecimal = digits.first == UInt8(ascii: "x")
        let digits = isHexadecimal ? digits.dropFirst() : digits
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-")
        else { return nil }
        return UInt32(
            String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 10)
    }

    /// A fault at this place.
    func fault(_ fault: SyntaxFault) -> TwiMLError { .syntax(line: line, fault) }

    private var line: Int { 1 + text[..<position].count { $0 == 0x0a } }

    private static func bytes(_ word: StaticString) -> ArraySlice<UInt8> {
        Array(word.description.utf8)[...]
    }
}
