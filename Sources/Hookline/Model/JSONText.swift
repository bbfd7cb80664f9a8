/// Quotes text for JSON, without Foundation.
package enum JSONText {
    /// The text in quotes.
    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        appendQuoted(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Quotes by RFC 8259, section 7; U+2028 and U+2029 too, which some readers break at.
    package static func appendQuoted(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: line.append(contentsOf: "\\\"".utf8)
            case 0x5c: line.append(contentsOf: "\\\\".utf8)
            case 0x0a: line.append(contentsOf: "\\n".utf8)
            case 0..<0x20, 0x7f, 0x80...0x9f, 0x2028, 0x2029:
                let digits = String(scalar.value, radix: 16)
                let zeros = String(repeating: "0", count: 4 - digits.utf8.count)
                line.append(contentsOf: "\\u\(zeros)\(digits)".utf8)
            default:
                line.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}
