import TwilioSignature

/// Another spelling of the same percent-encoded text: what proxies and back ends are known to
/// make of a query or of a form.
enum TextChange: CaseIterable, Sendable {
    /// `%2f` for `%2F`, and the reverse.
    case lowerEscapes, upperEscapes
    /// `%20` for `+`, and the reverse.
    case escapedSpaces, plusSpaces
    /// `'` for `%27` (https://github.com/twilio/twilio-ruby/issues/528), and the reverse.
    case bareQuotes, escapedQuotes
    /// `:` and `@` for their escapes (https://github.com/twilio/twilio-node/pull/621), and the
    /// reverse.
    case bareColons, escapedColons
    /// `A` for `%41`: letters, digits, `-._~`.
    case bareUnreserved
    /// Everything that may stand in a query bare, or escaped.
    case barePunctuation, escapedPunctuation
    /// `%252F` for `%2F`: encoded a second time; and the reverse.
    case encodedOnce, encodedTwice

    /// The text in this spelling; nil when it is the same.
    func applied(to text: [UInt8]) -> [UInt8]? {
        let changed: [UInt8]
        switch self {
        case .lowerEscapes: changed = Percent.recased(text) { $0 | 0x20 }
        case .upperEscapes: changed = Percent.recased(text) { $0 & ~0x20 }
        case .escapedSpaces: changed = Percent.escaping(text) { $0 == UInt8(ascii: "+") }
        case .plusSpaces:
            changed = Percent.unescaping(text, space: UInt8(ascii: "+")) { $0 == 0x20 }
        case .bareQuotes: changed = Percent.unescaping(text) { $0 == UInt8(ascii: "'") }
        case .escapedQuotes: changed = Percent.escaping(text) { $0 == UInt8(ascii: "'") }
        case .bareColons: changed = Percent.unescaping(text, Self.isColon)
        case .escapedColons: changed = Percent.escaping(text, Self.isColon)
        case .bareUnreserved: changed = Percent.unescaping(text, Self.isUnreserved)
        case .barePunctuation:
            changed = Percent.unescaping(text) {
                Self.isUnreserved($0) || "!$'()*,;:@/?[]".utf8.contains($0)
            }
        case .escapedPunctuation:
            changed = Percent.escaping(text) {
                !Self.isUnreserved($0) && !"%&=+".utf8.contains($0)
            }
        case .encodedOnce: changed = Percent.unescaping(text) { $0 == UInt8(ascii: "%") }
        case .encodedTwice: changed = Percent.escaping(text) { $0 == UInt8(ascii: "%") }
        }
        return changed == text ? nil : changed
    }

    /// What a proxy did, given that Twilio signed this spelling.
    var phrase: String {
        switch self {
        case .lowerEscapes: "writes %2F for %2f"
        case .upperEscapes: "writes %2f for %2F"
        case .escapedSpaces: "writes + for %20"
        case .plusSpaces: "writes %20 for +"
        case .bareQuotes: "escapes '"
        case .escapedQuotes: "unescapes %27"
        case .bareColons: "escapes : or @"
        case .escapedColons: "unescapes %3A or %40"
        case .bareUnreserved: "escapes letters, digits or -._~"
        case .barePunctuation: "escapes punctuation"
        case .escapedPunctuation: "unescapes punctuation"
        case .encodedOnce: "encodes it a second time"
        case .encodedTwice: "decodes it once"
        }
    }

    private static func isColon(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: "@")
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: true
        default: false
        }
    }
}
