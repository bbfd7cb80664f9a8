import Curl
import POSIX
import TwilioSignature

/// The URL of `--forward-to` in its normal form: what the application sees in a request's first
/// line and its `Host` field, since that is what it checks the signature with.
///
/// Whatever libcurl or a URL library of the application would change is changed here, once.
struct DestinationURL: Sendable, Equatable, CustomStringConvertible {
    /// Scheme, host, the port unless it is the scheme's own, and the path: all in ASCII.
    private let base: [UInt8]
    /// The query, empty when there is none.
    private let query: [UInt8]

    /// The normal form of a text; throws what is wrong with it.
    ///
    /// libcurl reads it twice, because what it decodes may be a number: `%31%32%37.1` becomes
    /// `127.1`, and that becomes `127.0.0.1`.
    init(_ text: String) throws(SettingProblem) {
        try WebURL.check(text, isASCII: false, example: "http://127.0.0.1:3000/twilio")
        guard !text.utf8.contains(UInt8(ascii: "#")) else {
            throw SettingProblem("\"\(text)\" has a fragment, which no server ever sees")
        }
        let first = try DestinationURL(Self.escaped(text), writtenAs: text)
        guard SignedURL.queryValues(of: first.appending([])[...], named: "bodySHA256").isEmpty
        else {
            throw SettingProblem(
                "\"\(first.withoutQuery)\" is followed by bodySHA256, which Twilio's libraries "
                    + "would take for the digest of each body; leave it out")
        }
        self = try DestinationURL(first.appending([]), writtenAs: text)
    }

    /// The URL of one request: Twilio's query, without its question mark, behind the
    /// destination's own.
    func appending(_ query: some Sequence<UInt8>) -> [UInt8] {
        let queries = [self.query, URLEscapes.escaped(query)].filter { !$0.isEmpty }
        guard !queries.isEmpty else { return base }
        return base + [UInt8(ascii: "?")] + queries.joined(separator: [UInt8(ascii: "&")])
    }

    /// The host and the port that requests go to.
    var place: (host: String, port: UInt16)? { Self.place(of: base) }

    /// The host and the port of a URL; nil when it is none.
    static func place(of url: [UInt8]) -> (host: String, port: UInt16)? {
        URLParts(url).map { ($0.host, $0.port ?? ($0.scheme == "https" ? 443 : 80)) }
    }

    /// For people, without the query, which may hold a key.
    var withoutQuery: String { String(decoding: base, as: UTF8.self) }

    /// As it would be written.
    var description: String { String(decoding: appending([]), as: UTF8.self) }

    private init(_ url: [UInt8], writtenAs text: String) throws(SettingProblem) {
        guard let parts = URLParts(url), Self.isHost(parts.host), parts.port != 0 else {
            let hint = url.allSatisfy { $0 < 0x80 } ? "" : "; write its host in ASCII (xn--…)"
            throw SettingProblem("\"\(text)\" is not a URL that a request can be sent to" + hint)
        }
        guard parts.zone == nil else {
            throw SettingProblem(
                "\"\(text)\" names a zone of this machine, which no server ever sees")
        }
        let port = parts.port.map { ":\($0)" } ?? ""
        base =
            Array("\(parts.scheme)://\(parts.host)\(port)".utf8)
            + Self.withoutEmptyParameter(parts.path)
        query = parts.query ?? []
    }

    /// The text with path and query escaped, and with dots for `%2e` in the path: URL libraries
    /// differ on whether `%2e%2e` goes up, and after this no segment does.
    private static func escaped(_ text: String) -> [UInt8] {
        let url = Array(text.utf8)
        let authorityStart = WebURL.authorityStart(url)
        let pathStart =
            url[authorityStart...].firstIndex { WebURL.endsAuthority($0) } ?? url.endIndex
        let queryStart = url[pathStart...].firstIndex(of: UInt8(ascii: "?")) ?? url.endIndex
        let path = Percent.unescaping(URLEscapes.escaped(url[pathStart..<queryStart])) {
            $0 == UInt8(ascii: ".")
        }
        return url[..<pathStart] + path + URLEscapes.escaped(url[queryStart...])
    }

    /// Python's `urlparse` takes a `;` at the very end for an empty parameter and loses it, and
    /// Twilio's library for Python rebuilds the URL with it.
    private static func withoutEmptyParameter(_ path: [UInt8]) -> [UInt8] {
        path.last == UInt8(ascii: ";") ? path.dropLast() + Percent.escape(UInt8(ascii: ";")) : path
    }

    /// An IPv6 address, or a name or an IPv4 address that has no empty part.
    private static func isHost(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        // A dot at the end says that a name is complete; it goes into `Host` as it is.
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty
                && label.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte)
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
        }
    }
}
