import Curl
import POSIX

/// What `--public-url` may be: the URL that Twilio calls, origin and base path.
struct PublicURL: Sendable, Equatable {
    /// As Twilio calls it: scheme and host in small letters, an international host in Punycode,
    /// no port that is the scheme's own, the path as written without a slash at its end.
    let text: String
    /// The same with the capitals that the host was written with, because some of Twilio's
    /// services sign it as it was typed in the console; nil when it had none.
    let asWritten: String?

    /// Reads the URL; throws one sentence that names what is wrong and never quotes a password.
    init(_ url: String) throws(SettingProblem) {
        let parts = try Parts(url)
        let host = try Self.host(parts.host, quoted: parts.quoted)
        let port = try Self.port(parts.port, quoted: parts.quoted)
        let isDefault = port == (parts.scheme == "https" ? 443 : 80)
        let end = (isDefault ? "" : port.map { ":\($0)" } ?? "") + parts.path
        text = "\(parts.scheme)://\(host)\(end)"
        // Only capitals: another spelling, such as Unicode, is not what a request can carry.
        let hasCapitals = parts.host != host && Self.lowercased(parts.host) == host
        asWritten = hasCapitals ? "\(parts.scheme)://\(parts.host)\(end)" : nil
    }

    private static func host(
        _ written: String, quoted: String
    ) throws(SettingProblem) -> String {
        guard !written.isEmpty else {
            throw SettingProblem("\(quoted) has no host; \(PublicURL.example)")
        }
        let ascii = URLParts(Array("https://\(written)/".utf8))?.host
        guard let ascii, SignedOrigin.isHost(Array(ascii.utf8)[...]), !ascii.hasPrefix("."),
            !ascii.contains("..")
        else {
            throw SettingProblem(
                "\(quoted) has a host that cannot be looked up; write a name such as "
                    + "hooks.example.com or an address, an IPv6 address in brackets")
        }
        return ascii
    }

    private static func port(
        _ written: String?, quoted: String
    ) throws(SettingProblem) -> Int? {
        guard let written else { return nil }
        guard written.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(written),
            (1...65_535).contains(port)
        else {
            throw SettingProblem(
                "\(quoted) has a port that is not a number from 1 to 65535; correct it, or leave "
                    + "it out with its colon")
        }
        return port
    }

    private static func lowercased(_ text: String) -> String {
        String(decoding: text.utf8.map(ASCII.lowercased), as: UTF8.self)
    }

    private static let example = "write for example https://hooks.example.com"
}

extension PublicURL {
    /// The URL cut at its marks; nothing is changed but the scheme's letters.
    private struct Parts {
        let scheme: String
        let host: String
        let port: String?
        let path: String
        /// The URL for a sentence about it, without what may be secret.
        let quoted: String

        init(_ url: String) throws(SettingProblem) {
            let authorityStart = url.firstRange(of: "://")?.upperBound ?? url.startIndex
            let authority = url[authorityStart...].prefix { !"/?#".contains($0) }
            // Before anything is quoted, whatever the scheme: what stands there is a password.
            guard !authority.contains("@") else {
                throw SettingProblem("the URL names a user or a password; leave it out")
            }
            let origin = url.prefix { !"?#".contains($0) }
            quoted = url.contains("@") ? "the URL" : "\"\(origin)\""
            try Self.check(url, scheme: url[..<authorityStart].lowercased(), quoted: quoted)
            scheme = String(url[..<authorityStart].lowercased().dropLast(3))
            let bracket = authority.lastIndex(of: "]") ?? authority.startIndex
            let colon = authority[bracket...].firstIndex(of: ":")
            host = String(authority[..<(colon ?? authority.endIndex)])
            port = colon.map { String(authority[$0...].dropFirst()) }
            var path = url[authority.endIndex...]
            while path.last == "/" { path.removeLast() }
            guard path.utf8.allSatisfy(ASCII.isVisible) else {
                throw SettingProblem(
                    "\(quoted) has a letter in its path that a URL cannot hold; write it as it "
                        + "is sent, for example %C3%A9 for é")
            }
            self.path = String(path)
        }

        private static func check(
            _ url: String, scheme: String, quoted: String
        ) throws(SettingProblem) {
            guard !url.unicodeScalars.contains(where: isSpace) else {
                throw SettingProblem("\(quoted) has a space or a line end; take it out")
            }
            guard scheme == "https://" || scheme == "http://" else {
                throw SettingProblem(
                    "\(quoted) does not begin with https:// or http://; \(PublicURL.example)")
            }
            guard !url.contains("?") else {
                throw SettingProblem(
                    "\(quoted) is followed by a query; leave it out with its question mark")
            }
            guard !url.contains("#") else {
                throw SettingProblem("\(quoted) is followed by a fragment; leave it out with its #")
            }
        }

        private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isWhitespace || scalar.value < 0x20 || scalar.value == 0x7f
        }
    }
}
