/// Why a form cannot be read.
enum FormFault: Error, Sendable, Equatable {
    /// There are more parameters than the limit.
    case tooManyParameters(max: Int)
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

    /// No parameters; `append` adds them.
    init() {}

    /// Reads a body; throws above `parametersMax` pairs.
    init(parsing body: [UInt8], parametersMax: Int) throws(FormFault) {
        bytes.reserveCapacity(body.count)
        var segmentStart = 0
        while segmentStart <= body.count {
            let rest = body[segmentStart...]
            let segmentEnd = rest.firstIndex(of: UInt8(ascii: "&")) ?? body.count
            if segmentEnd > segmentStart {
                guard pairs.count < parametersMax else {
                    throw .tooManyParameters(max: parametersMax)
                }
                appendPair(body[segmentStart..<segmentEnd])
            }
            segmentStart = segmentEnd + 1
        }
    }

    /// The number of pairs.
    var count: Int { pairs.count }

    /// Adds one pair of decoded bytes.
    mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(contentsOf: value)
        pairs.append(Pair(start: start, nameEnd: nameEnd, valueEnd: bytes.count))
    }

    /// The value of the first parameter called `name`.
    func first(named name: StaticString) -> ArraySlice<UInt8>? {
        let wanted = "\(name)".utf8
        for pair in pairs where bytes[pair.start..<pair.nameEnd].elementsEqual(wanted) {
            return bytes[pair.nameEnd..<pair.valueEnd]
        }
        return nil
    }

    /// The first of `names` that occurs with two different values; nil when none does.
    func firstAmbiguous(of names: [StaticString]) -> StaticString? {
        names.first { name in
            guard let first = first(named: name) else { return false }
            let wanted = "\(name)".utf8
            return pairs.contains { pair in
                bytes[pair.start..<pair.nameEnd].elementsEqual(wanted)
                    && bytes[pair.nameEnd..<pair.valueEnd] != first
            }
        }
    }

    /// Names and values as Twilio appends them to the URL: sorted by name, values of one name
    /// sorted and each once, all by bytes, without delimiters.
    var signedSuffix: [UInt8] {
        let sorted = pairs.indices.sorted { precedes(pairs[$0], pairs[$1]) }
        var suffix: [UInt8] = []
        suffix.reserveCapacity(bytes.count)
        var previous: Pair?
        for index in sorted {
            let pair = pairs[index]
            if let previous, same(previous, pair) { continue }
            suffix.append(contentsOf: bytes[pair.start..<pair.valueEnd])
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
            Self.escape(bytes[pair.nameEnd..<pair.valueEnd], into: &body)
        }
        return body
    }

    private func precedes(_ left: Pair, _ right: Pair) -> Bool {
        let leftName = bytes[left.start..<left.nameEnd]
        let rightName = bytes[right.start..<right.nameEnd]
        if leftName.lexicographicallyPrecedes(rightName) { return true }
        guard leftName == rightName else { return false }
        return bytes[left.nameEnd..<left.valueEnd]
            .lexicographicallyPrecedes(bytes[right.nameEnd..<right.valueEnd])
    }

    private func same(_ left: Pair, _ right: Pair) -> Bool {
        bytes[left.start..<left.nameEnd] == bytes[right.start..<right.nameEnd]
            && bytes[left.nameEnd..<left.valueEnd] == bytes[right.nameEnd..<right.valueEnd]
    }

    private mutating func appendPair(_ segment: ArraySlice<UInt8>) {
        let start = bytes.count
        let nameEnd = segment.firstIndex(of: UInt8(ascii: "=")) ?? segment.endIndex
        appendDecoded(segment[..<nameEnd])
        let decodedNameEnd = bytes.count
        appendDecoded(segment[nameEnd...].dropFirst())
        pairs.append(Pair(start: start, nameEnd: decodedNameEnd, valueEnd: bytes.count))
    }

    private mutating func appendDecoded(_ text: ArraySlice<UInt8>) {
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), index + 2 < text.endIndex,
                let high = Self.digit(text[index + 1]), let low = Self.digit(text[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 2
            } else {
                bytes.append(byte)
            }
            index += 1
        }
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
