import TwilioSignature

/// Percent-encoding of what may not stand in a URL's path or query.
enum URLEscapes {
    /// The bytes with everything escaped that RFC 3986 does not allow in a query (section 3.4),
    /// and a `%` that begins no escape. Allowed bytes and escapes stay as they are, so that a
    /// reader decodes what it would have decoded before.
    static func escaped(_ text: some Sequence<UInt8>) -> [UInt8] {
        let text = Array(text)
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.count)
        for (index, byte) in text.enumerated() {
            if isAllowed(byte) || Percent.value(text, at: index) != nil {
                escaped.append(byte)
            } else {
                escaped += Percent.escape(byte)
            }
        }
        return escaped
    }

    /// `pchar`, `/` and `?` (RFC 3986, 3.3 and 3.4), without the percent sign.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "-._~!$&'()*+,;=:@/?".utf8.contains(byte)
        }
    }
}
