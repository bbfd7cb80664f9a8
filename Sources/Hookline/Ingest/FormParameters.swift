import POSIX

/// Why a form cannot be read.
enum FormFault: Error, Sendable, Equatable {
    /// There are more parameters than the limit.
    case tooManyParameters(max: Int)
}

/// A parameter that a webhook is read from; each has one value.
enum WebhookField: Int, CaseIterable, Sendable {
    case accountSID, messageSID, body, from, to, messageStatus, errorCode, mediaCount

    /// The field of this name, compared byte by byte.
    init?(_ name: Span<UInt8>) {
        switch name.count {
        case 2 where name.equals("To"): self = .to
        case 4 where name.equals("Body"): self = .body
        case 4 where name.equals("From"): self = .from
        case 8 where name.equals("NumMedia"): self = .mediaCount
        case 9 where name.equals("ErrorCode"): self = .errorCode
        case 10 where name.equals("AccountSid"): self = .accountSID
        case 10 where name.equals("MessageSid"): self = .messageSID
        case 13 where name.equals("MessageStatus"): self = .messageStatus
        default: return nil
        }
    }
}

/// The parameters of an `application/x-www-form-urlencoded` body, decoded to bytes, in the order
/// received.
///
/// Split at `&` only, empty segments skipped, first `=` ends the name, `+` is a space, `%XX` is
/// a byte; an escape that is none stays as it is. What the signature covers and what is read
/// from a webhook are these same pairs.
struct FormParameters: Sendable {
    /// Where one pair lies in the buffer.
    private struct Pair: Sendable {
        var start: Int
        var nameEnd: Int
        var valueEnd: Int
    }

    private var bytes: [UInt8] = []
    private var pairs: [Pair] = []
    /// The first pair of each field, -1 when there is none.
    private var firsts = InlineArray<8, Int>(repeating: -1)

    /// A field that occurs with two different values; nil when none does.
    private(set) var ambiguous: WebhookField?

    /// No parameters; `append` adds them.
    init() {}

    /// Reads a body; throws above `parametersMax` pairs.
    init(parsing body: [UInt8], parametersMax: Int) throws(FormFault) {
        pairs.reserveCapacity(24)
        bytes = Self.decode(body, into: &pairs, parametersMax: parametersMax)
        guard pairs.count <= parametersMax else { throw .tooManyParameters(max: parametersMax) }
        for index in pairs.indices { note(index) }
    }

    /// The number of pairs.
    var count: Int { pairs.count }

    /// Every pair as decoded, in the order received.
    var decoded: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        pairs.map { (bytes[$0.start..<$0.nameEnd], value($0)) }
    }

    /// Adds one pair of decoded bytes.
    mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(contentsOf: value)
        pairs.append(Pair(start: start, nameEnd: nameEnd, valueEnd: bytes.count))
        note(pairs.count - 1)
    }

    /// The value of the first parameter of this name.
    subscript(_ field: WebhookField) -> ArraySlice<UInt8>? {
        let index = firsts[field.rawValue]
        return index < 0 ? nil : value(pairs[index])
    }

    /// The decoded name and value of one pair, in the order received.
    subscript(pair index: Int) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
        let pair = pairs[index]
        return (bytes[pair.start..<pair.nameEnd], value(pair))
    }

    /// Names and values as Twilio appends them to the URL: sorted by name, values of one name
    /// sorted and each once, all by bytes, without delimiters.
    var signedSuffix: [UInt8] {
        let bytes = self.bytes.span
        // The beginnings of the names decide nearly every comparison, as one number each.
        let sorted = pairs.map { (start: Self.beginning($0, bytes), pair: $0) }
            .sorted { left, right in
                left.start != right.start
                    ? left.start < right.start : compare(left.pair, right.pair) < 0
            }
        var suffix: [UInt8] = []
        suffix.reserveCapacity(bytes.count)
        var previous: Pair?
        for (_, pair) in sorted {
            if let previous, compare(previous, pair) == 0 { continue }
            suffix.append(copying: bytes.extracting(pair.start..<pair.valueEnd))
            previous = pair
        }
        return suffix
    }

    /// The pairs as a form body, escaped by the WHATWG rules.
    var encoded: [UInt8] {
        var body: [UInt8] = []
        for pair in pairs {
            if !body.isEmpty { body.append(UInt8(ascii: "&")) }
            Self.escape(bytes[pair.start..<pair.nameEnd], into: &body)
            body.append(UInt8(ascii: "="))
            Self.escape(value(pair), into: &body)
        }
        return body
    }

    private func value(_ pair: Pair) -> ArraySlice<UInt8> { bytes[pair.nameEnd..<pair.valueEnd] }

    private mutating func note(_ index: Int) {
        let pair = pairs[index]
        guard let field = field(of: pair) else { return }
        if firsts[field.rawValue] < 0 {
            firsts[field.rawValue] = index
        } else if self[field] != value(pair), ambiguous == nil {
            ambiguous = field
        }
    }

    private func field(of pair: Pair) -> WebhookField? {
        WebhookField(bytes.span.extracting(pair.start..<pair.nameEnd))
    }

    /// The first eight bytes of the name, missing ones as 0, the first the most significant.
    private static func beginning(_ pair: Pair, _ bytes: Span<UInt8>) -> UInt64 {
        let count = min(8, pair.nameEnd - pair.start)
        guard count > 0 else { return 0 }
        var number: UInt64 = 0
        for index in pair.start..<pair.start + count { number = number << 8 | UInt64(bytes[index]) }
        return number << UInt64(8 * (8 - count))
    }

    /// By name, then by value: below, equal to or above 0.
    private func compare(_ left: Pair, _ right: Pair) -> Int {
        let names = compare(left.start..<left.nameEnd, right.start..<right.nameEnd)
        return names != 0
            ? names : compare(left.nameEnd..<left.valueEnd, right.nameEnd..<right.valueEnd)
    }

    private func compare(_ left: Range<Int>, _ right: Range<Int>) -> Int {
        let span = bytes.span
        for offset in 0..<min(left.count, right.count) {
            let difference =
                Int(span[left.lowerBound + offset]) - Int(span[right.lowerBound + offset])
            if difference != 0 { return difference }
        }
        return left.count - right.count
    }
}

extension FormParameters {
    /// Decodes in one pass; stops soon after `parametersMax` pairs.
    private static func decode(
        _ body: [UInt8], into pairs: inout [Pair], parametersMax: Int
    ) -> [UInt8] {
        // Decoding never makes a body longer.
        [UInt8](capacity: body.count) { output in
            let input = body.span
            var index = 0
            while index < input.count, pairs.count <= parametersMax {
                let segment = index
                let start = output.count
                var nameEnd = -1
                while index < input.count {
                    var byte = input[index]
                    // Whatever has a meaning is `=` (0x3d) or below.
                    if byte <= UInt8(ascii: "=") {
                        if byte == UInt8(ascii: "&") { break }
                        if byte == UInt8(ascii: "="), nameEnd < 0 {
                            nameEnd = output.count
                            index += 1
                            continue
                        }
                        if byte == UInt8(ascii: "+") {
                            byte = UInt8(ascii: " ")
                        } else if byte == UInt8(ascii: "%"), let escaped = escape(input, index) {
                            byte = escaped
                            index += 2
                        }
                    }
                    output.append(byte)
                    index += 1
                }
                if index > segment {
                    let end = output.count
                    pairs.append(
                        Pair(start: start, nameEnd: nameEnd < 0 ? end : nameEnd, valueEnd: end))
                }
                index += 1
            }
        }
    }

    /// The byte of the escape that begins at `index`; nil when it is none. `&` is no digit, so
    /// an escape never reaches over its segment's end.
    private static func escape(_ input: Span<UInt8>, _ index: Int) -> UInt8? {
        guard index + 2 < input.count, let high = digit(input[index + 1]),
            let low = digit(input[index + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func escape(_ text: ArraySlice<UInt8>, into body: inout [UInt8]) {
        for byte in text {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2a, 0x2d, 0x2e, 0x5f: body.append(byte)
            case 0x20: body.append(UInt8(ascii: "+"))
            default:
                body.append(UInt8(ascii: "%"))
                body.append(
                    contentsOf: Hexadecimal.bytes([byte]).map { $0 >= 0x61 ? $0 - 0x20 : $0 })
            }
        }
    }
}
