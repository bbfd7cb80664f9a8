import POSIX

/// Scheme, host and port of a URL, apart: `https://hooks.example.com:8443`.
struct SignedOrigin: Sendable, Hashable {
    /// `http` or `https`.
    var isHTTPS: Bool
    /// The host as it was written, an IPv6 address in its brackets.
    var host: [UInt8]
    /// The port when it was written.
    var port: [UInt8]?

    init(isHTTPS: Bool, host: [UInt8], port: [UInt8]? = nil) {
        self.isHTTPS = isHTTPS
        self.host = host
        self.port = port
    }

    /// Splits the beginning of a URL into its origin and what follows; nil when there is none.
    init?(_ url: [UInt8], rest: inout [UInt8]) {
        let scheme = ["http://", "https://"].first {
            url.count > $0.utf8.count
                && url.prefix($0.utf8.count).map(ASCII.lowercased).elementsEqual($0.utf8)
        }
        guard let scheme else { return nil }
        let authority = url.dropFirst(scheme.utf8.count).prefix { !"/?#".utf8.contains($0) }
        rest = Array(url[authority.endIndex...])
        // Twilio drops user and password before it signs.
        let hostStart = authority.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 }
        let (host, port) = Self.split(authority[(hostStart ?? authority.startIndex)...])
        guard SignedOrigin.isHost(host[...]) else { return nil }
        self.init(isHTTPS: scheme.utf8.count == 8, host: host, port: port)
    }

    /// Splits a `Host` field.
    static func split(_ authority: ArraySlice<UInt8>) -> (host: [UInt8], port: [UInt8]?) {
        let bracket = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        guard let colon = authority[bracket...].firstIndex(of: UInt8(ascii: ":")) else {
            return (Array(authority), nil)
        }
        let port = Array(authority[(colon + 1)...])
        return (Array(authority[..<colon]), isPort(port[...]) ? port : nil)
    }

    /// True for what may stand in a URL as a host.
    static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
        !host.isEmpty
            && host.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
                    || "-._:[]".utf8.contains(byte)
            }
    }

    /// True for up to five digits.
    static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        (1...5).contains(text.count) && text.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The port that the scheme has without one.
    var defaultPort: [UInt8] { Array((isHTTPS ? "443" : "80").utf8) }

    /// The port that a connection uses.
    var effectivePort: [UInt8] { port ?? defaultPort }

    /// True when both use one port, or each its scheme's own.
    func hasSamePort(as other: SignedOrigin) -> Bool {
        effectivePort == other.effectivePort
            || effectivePort == defaultPort && other.effectivePort == other.defaultPort
    }

    /// As it stands at the beginning of a URL.
    var bytes: [UInt8] {
        Array((isHTTPS ? "https://" : "http://").utf8) + host
            + (port.map { [UInt8(ascii: ":")] + $0 } ?? [])
    }

    /// As one would configure it: without a port that is the scheme's own.
    var text: String {
        var short = self
        if port == defaultPort { short.port = nil }
        return String(decoding: short.bytes, as: UTF8.self)
    }
}
