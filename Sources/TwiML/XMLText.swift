/// Characters of XML 1.0 (https://www.w3.org/TR/xml/#charsets).
enum XMLText {
    /// The text of a document as the reader takes it: UTF-8 that was checked, no byte order mark,
    /// line ends as one line feed (https://www.w3.org/TR/xml/#sec-line-ends).
    static func prepared(_ bytes: [UInt8]) throws(TwiMLError) -> [UInt8] {
        // UTF-16 and UTF-32, with a byte order mark or without one.
        if bytes.starts(with: [0xfe, 0xff]) || bytes.starts(with: [0xff, 0xfe])
            || bytes.prefix(4).contains(0)
        {
            throw .encoding
        }
        let body = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
        guard let text = String(validating: body, as: UTF8.self) else { throw .notUTF8 }
        var line = 1
        for scalar in text.unicodeScalars {
            guard isCharacter(scalar.value) else { throw .syntax(line: line, .character) }
            if scalar == "\n" { line += 1 }
        }
        guard body.contains(0x0d) else { return Array(body) }
        var result: [UInt8] = []
        result.reserveCapacity(body.count)
        var previous: UInt8 = 0
        for byte in body {
            if byte == 0x0d {
                result.append(0x0a)
            } else if byte != 0x0a || previous != 0x0d {
                result.append(byte)
            }
            previous = byte
        }
        return result
    }

    /// True for what may stand in a document, or in a reference by number.
    static func isCharacter(_ value: UInt32) -> Bool {
        switch value {
        case 0x09, 0x0a, 0x0d, 0x20...0xd7ff, 0xe000...0xfffd, 0x1_0000...0x10_ffff: true
        default: false
        }
    }

    /// True for white space.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x09 || byte == 0x0d
    }

    /// Names in ASCII only: TwiML's are.
    static func isName(_ byte: UInt8, first: Bool) -> Bool {
        switch byte {
        case 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: ":"): true
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "."): !first
        default: false
        }
    }

    /// The text without white space at its ends.
    static func trimmed(_ text: String) -> String {
        let bytes = text.utf8
        guard let first = bytes.firstIndex(where: { !isSpace($0) }),
            let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(text[first...last])
    }
}
