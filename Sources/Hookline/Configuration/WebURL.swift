import Curl

/// Checks of the URLs in a configuration; a URL is kept as it was written.
enum WebURL {
    /// What `--forward-to` may be.
    static func destination(_ text: String) throws(SettingProblem) -> String {
        try check(text)
        guard !text.contains("#") else {
            throw SettingProblem("\"\(text)\" has a fragment, which no server ever sees")
        }
        guard CurlLibrary.accepts(url: text) else {
            throw SettingProblem("\"\(text)\" is not a URL that a request can be sent to")
        }
        return text
    }

    private static func check(_ text: String) throws(SettingProblem) {
        // Before anything is quoted, whatever the scheme: what stands there is a password.
        let beginning = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        guard !text[beginning...].prefix(while: { !"/?#".contains($0) }).contains("@") else {
            throw SettingProblem("the URL names a user or a password; leave it out")
        }
        let scheme = ["http://", "https://"].first { text.hasPrefix($0) }
        guard let scheme, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw SettingProblem(
                "\"\(text)\" is not an absolute http or https URL without spaces, "
                    + "for example https://hooks.example.com")
        }
        let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard let first = authority.first, first != ":" else {
            throw SettingProblem("\"\(text)\" has no host")
        }
    }
}
