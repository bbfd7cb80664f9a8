/// Checks of the URLs in a configuration.
enum WebURL {
    /// What holds for every URL: http or https, a host, no password, no space and no control
    /// character; with `isASCII` nothing outside ASCII and a scheme in lower case. `example` is
    /// shown to whoever wrote it differently.
    static func check(
        _ text: String, isASCII: Bool, example: String = "https://hooks.example.com"
    ) throws(SettingProblem) {
        let url = Array(text.utf8)
        let authority = url[authorityStart(url)...].prefix { !endsAuthority($0) }
        // Before anything is quoted, whatever the scheme: what stands there is a password.
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw SettingProblem("the URL names a user or a password; leave it out")
        }
        let beginning = String(decoding: url[..<authority.startIndex], as: UTF8.self)
        guard ["http://", "https://"].contains(isASCII ? beginning : beginning.lowercased()),
            url.allSatisfy({ $0 > 0x20 && $0 != 0x7f && ($0 < 0x7f || !isASCII) })
        else {
            throw SettingProblem(
                "\"\(text)\" is not an absolute http or https URL without spaces, "
                    + "for example \(example)")
        }
        guard let first = authority.first, first != UInt8(ascii: ":") else {
            throw SettingProblem("\"\(text)\" has no host")
        }
    }

    /// Where the host begins: behind `://`, or at the beginning without one.
    static func authorityStart(_ url: [UInt8]) -> Int {
        url.firstRange(of: Array("://".utf8))?.upperBound ?? 0
    }

    /// True for what follows the host and the port.
    static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }
}
