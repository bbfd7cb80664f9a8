/// A checked header line in the form that libcurl wants it.
struct HeaderLine {
    /// The name in lower case.
    let name: String
    /// The bytes for `CURLOPT_HTTPHEADER`.
    let bytes: [UInt8]

    /// Fields that the engine sets itself: a second opinion on a request's framing is how
    /// requests are smuggled.
    private static let reserved: Set<String> = ["content-length", "transfer-encoding", "expect"]

    /// A line `Name: value`; nil when it is not one, or could be taken for more than one.
    ///
    /// The name is a token and the value holds no control character but a tab (RFC 9110, 5.1
    /// and 5.5).
    init?(_ line: [UInt8]) {
        let field = line.prefix { $0 != UInt8(ascii: ":") }
        guard !field.isEmpty, field.count < line.count, field.allSatisfy(Self.isToken) else {
            return nil
        }
        let value = line.dropFirst(field.count + 1)
        guard value.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 }) else { return nil }
        name = String(decoding: field, as: UTF8.self).lowercased()
        guard !Self.reserved.contains(name) else { return nil }
        if value.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            // `Name:` would tell libcurl to leave the header out; a semicolon sends it empty
            // (CURLOPT_HTTPHEADER(3)).
            bytes = field + [UInt8(ascii: ";")]
        } else {
            bytes = line
        }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
