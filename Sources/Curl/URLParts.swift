import CCurl
import Glibc

/// What libcurl makes of an http or https URL: the host and the port that it will ask, and write
/// into the `Host` field of every request.
public struct URLParts: Sendable, Equatable {
    /// `http` or `https`.
    public let scheme: String
    /// In lower case. An IPv4 address has its four numbers, an IPv6 address its brackets and its
    /// short form; a name with letters outside ASCII is written as Punycode.
    public let host: String
    /// The zone of an IPv6 address, which only this machine knows: it is in no `Host` field.
    public let zone: String?
    /// Nil for the scheme's own port.
    public let port: UInt16?
    /// As it was given, but without dot segments (RFC 3986, 5.2.4); `/` when there was none.
    public let path: [UInt8]
    /// As it was given; nil when there is none behind the question mark.
    public let query: [UInt8]?

    /// Reads an absolute URL; nil for anything else, for one with a space or a control character,
    /// and for one that names a user or a password. Any thread.
    public init?(_ url: [UInt8]) {
        guard url.allSatisfy({ $0 > 0x20 && $0 != 0x7f }), let parts = curl_url() else {
            return nil
        }
        defer { curl_url_cleanup(parts) }
        let code = url.withCString {
            curl_url_set(parts, CURLUPART_URL, $0, UInt32(CURLU_DISALLOW_USER))
        }
        guard code == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: parts),
            scheme == "http" || scheme == "https",
            let host = Self.punycodeHost(of: parts),
            let path = Self.bytes(CURLUPART_PATH, of: parts)
        else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        self.path = path
        zone = Self.part(CURLUPART_ZONEID, of: parts)
        port = Self.part(CURLUPART_PORT, of: parts, flags: CURLU_NO_DEFAULT_PORT).flatMap {
            UInt16($0)
        }
        let query = Self.bytes(CURLUPART_QUERY, of: parts) ?? []
        self.query = query.isEmpty ? nil : query
    }

    /// The absolute URL that a reference means in a document of `base` (RFC 3986, 5.2), without
    /// its fragment; nil when it is none of http or https. Any thread.
    public static func resolve(_ reference: [UInt8], against base: [UInt8]) -> [UInt8]? {
        guard (reference + base).allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let parts = curl_url()
        else { return nil }
        defer { curl_url_cleanup(parts) }
        func set(_ url: [UInt8]) -> Bool {
            url.withCString { curl_url_set(parts, CURLUPART_URL, $0, 0) } == CURLUE_OK
        }
        let reference = reference.prefix { $0 != UInt8(ascii: "#") }
        // An empty reference is the document itself, which libcurl takes for a mistake.
        guard set(base), reference.isEmpty || set(Array(reference)),
            curl_url_set(parts, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK,
            let url = bytes(CURLUPART_URL, of: parts), URLParts(url) != nil
        else { return nil }
        return url
    }

    /// The host; nil when it cannot be written in ASCII.
    ///
    /// libidn2 takes the host to be in the charset of the thread's locale (`idn2_lookup_ul`), and
    /// a program that never chose a locale has ASCII.
    private static func punycodeHost(of parts: OpaquePointer) -> String? {
        let utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
        let before = utf8.map { uselocale($0) }
        defer {
            if let before { uselocale(before) }
            if let utf8 { freelocale(utf8) }
        }
        return part(CURLUPART_HOST, of: parts, flags: CURLU_PUNYCODE)
    }

    private static func part(
        _ which: CURLUPart, of parts: OpaquePointer, flags: Int32 = 0
    ) -> String? {
        bytes(which, of: parts, flags: flags).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of one part, which libcurl allocates and we free (curl_url_get(3)).
    private static func bytes(
        _ which: CURLUPart, of parts: OpaquePointer, flags: Int32 = 0
    ) -> [UInt8]? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parts, which, &text, UInt32(flags)) == CURLUE_OK, let text else {
            return nil
        }
        defer { curl_free(text) }
        return (0..<strlen(text)).map { UInt8(bitPattern: text[$0]) }
    }
}
