import TwilioSignature

/// Text as Twilio may have sent it, given the one that arrived.
enum BodyTextChange: CaseIterable, Sendable {
    /// Line feeds for CR LF, and the reverse.
    case lineFeeds, carriageReturns
    /// UTF-8 for ISO 8859-1 or Windows-1252, and the reverse.
    case utf8OfLatin1, latin1OfUTF8, windows1252OfUTF8
    /// `+` for a space before a number: `+` was not escaped when the form was written anew.
    case plusBeforeNumbers
    /// Decoded or escaped once more: it was encoded twice, or decoded once.
    case unescaped, escaped
    /// `&` for `&amp;`, `<`, `>`, `"`, `'`.
    case entitiesResolved
    /// Without a byte order mark, or without white space at both ends.
    case withoutMark, trimmed

    /// The text so changed; nil when it is the same, or when the change cannot be made.
    func applied(to text: [UInt8]) -> [UInt8]? {
        let changed: [UInt8]? =
            switch self {
            case .lineFeeds: Self.lineFeeds(text)
            case .carriageReturns:
                Self.lineFeeds(text).flatMap { $0 == 0x0a ? [0x0d, 0x0a] : [$0] }
            case .utf8OfLatin1:
                text.flatMap { $0 < 0x80 ? [$0] : [0xc0 | $0 >> 6, 0x80 | $0 & 0x3f] }
            case .latin1OfUTF8: Self.bytes(of: text) { $0 < 0x100 ? UInt8($0) : nil }
            case .windows1252OfUTF8: Self.bytes(of: text, Self.windows1252)
            case .plusBeforeNumbers: Self.plusBeforeNumbers(text)
            case .unescaped: Percent.unescaping(text) { _ in true }
            case .escaped: Percent.escaping(text) { "%+&= ".utf8.contains($0) }
            case .entitiesResolved: Self.resolved(text)
            case .withoutMark:
                text.starts(with: [0xef, 0xbb, 0xbf]) ? Array(text.dropFirst(3)) : nil
            case .trimmed: Self.trimmed(text)
            }
        return changed == text ? nil : changed
    }

    /// What a proxy did, given that Twilio signed the text so changed.
    var phrase: String {
        switch self {
        case .lineFeeds: "writes CR LF for line feeds"
        case .carriageReturns: "writes line feeds for CR LF"
        case .utf8OfLatin1: "converts it from UTF-8 to ISO 8859-1"
        case .latin1OfUTF8: "takes its UTF-8 for ISO 8859-1"
        case .windows1252OfUTF8: "takes its UTF-8 for Windows-1252"
        case .plusBeforeNumbers: "does not escape +"
        case .unescaped: "encodes it a second time"
        case .escaped: "decodes it once"
        case .entitiesResolved: "writes entities such as &amp;"
        case .withoutMark: "adds a byte order mark"
        case .trimmed: "adds white space"
        }
    }

    private static func lineFeeds(_ text: [UInt8]) -> [UInt8] {
        text.indices.filter { index in
            text[index] != 0x0d || index + 1 == text.count || text[index + 1] != 0x0a
        }.map { text[$0] }
    }

    /// At the beginning of a value, and after the colon of `whatsapp:`.
    private static func plusBeforeNumbers(_ text: [UInt8]) -> [UInt8] {
        var changed = text
        for index in text.indices.dropLast() where text[index] == 0x20 {
            let isStart = index == 0 || text[index - 1] == UInt8(ascii: ":")
            if isStart, (0x30...0x39).contains(text[index + 1]) { changed[index] = 0x2b }
        }
        return changed
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
        let start = text.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return [] }
        return Array(start[...last])
    }

    /// Each scalar of valid UTF-8 as one byte; nil when one has none.
    private static func bytes(of text: [UInt8], _ byte: (UInt32) -> UInt8?) -> [UInt8]? {
        guard let valid = String(validating: text, as: UTF8.self) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        for scalar in valid.unicodeScalars {
            guard let single = byte(scalar.value) else { return nil }
            bytes.append(single)
        }
        return bytes
    }

    /// The byte of a scalar in Windows-1252
    /// (https://encoding.spec.whatwg.org/index-windows-1252.txt).
    private static func windows1252(_ scalar: UInt32) -> UInt8? {
        if scalar < 0x100, let byte = UInt8(exactly: scalar) { return byte }
        return high1252.firstIndex(of: scalar).map { 0x80 + UInt8($0) }
    }

    /// The scalars of the bytes 0x80 to 0x9f.
    private static let high1252: [UInt32] = [
        0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
        0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
        0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
    ]

    private static let entities: [(name: [UInt8], byte: UInt8)] = [
        ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"),
        ("&#x27;", "'"), ("&apos;", "'"),
    ].map { (Array($0.0.utf8), $0.1.utf8.first ?? 0) }

    private static func resolved(_ text: [UInt8]) -> [UInt8]? {
        var changed: [UInt8] = []
        var index = 0
        while index < text.count {
            let entity =
                text[index] == UInt8(ascii: "&")
                ? entities.first { text[index...].starts(with: $0.name) } : nil
            changed.append(entity?.byte ?? text[index])
            index += entity?.name.count ?? 1
        }
        return changed
    }
}
