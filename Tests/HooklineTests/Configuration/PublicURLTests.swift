import Testing

@testable import Hookline

@Suite struct PublicURLTests {
    @Test(arguments: [
        ("https://hooks.example.com", "https://hooks.example.com", nil),
        ("https://hooks.example.com///", "https://hooks.example.com", nil),
        (
            "HTTPS://Hooks.Example.COM/Twilio/", "https://hooks.example.com/Twilio",
            "https://Hooks.Example.COM/Twilio"
        ),
        ("HTTPS://hooks.example.com", "https://hooks.example.com", nil),
        ("https://Höoks.example.com/a", "https://xn--hoks-5qa.example.com/a", nil),
        ("https://HÖOKS.Example.COM", "https://xn--hoks-5qa.example.com", nil),
        ("https://例え.jp:8443", "https://xn--r8jz45g.jp:8443", nil),
        ("https://h:443/a", "https://h/a", nil), ("http://h:80", "http://h", nil),
        ("https://h:80", "https://h:80", nil), ("https://h:08443", "https://h:8443", nil),
        ("https://H:443/a", "https://h/a", "https://H/a"),
        ("https://H:8443", "https://h:8443", "https://H:8443"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x", nil),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]", "https://[2001:DB8::1]"),
        ("http://192.0.2.7:8080", "http://192.0.2.7:8080", nil),
        ("https://h/A%c3%a9/../b//c@d", "https://h/A%c3%a9/../b//c@d", nil),
    ])
    func `a URL is read as Twilio calls it, with its path as written`(
        written: String, text: String, asWritten: String?
    ) throws {
        let url = try PublicURL(written)
        #expect(url.text == text)
        #expect(url.asWritten == asWritten)
        #expect(try PublicURL(text) == PublicURL(text))
        #expect(try PublicURL(text).text == text)
    }

    @Test(arguments: [
        ("hooks.example.com", "\"hooks.example.com\" does not begin with https://"),
        ("ftp://h", "does not begin with https://"), ("https:/h", "does not begin with https://"),
        ("", "does not begin with https://"), ("https://", "has no host"),
        ("https:///a", "has no host"), ("https://:443", "has no host"),
        ("https://a b.example", "has a space"), (" https://h", "has a space"),
        ("https://h/a\u{a0}b", "has a space"), ("https://h\n", "a line end"),
        ("https://h/?a=b", "\"https://h/\" is followed by a query"),
        ("https://h?", "is followed by a query"), ("https://h/#rc=3", "is followed by a fragment"),
        ("https://h:", "has a port that is not a number from 1 to 65535"),
        ("https://h:0", "has a port"), ("https://h:65536", "has a port"),
        ("https://h:+1", "has a port"), ("https://h:8443x/a", "has a port"),
        ("https://h:99999999999999999999", "has a port"), ("https://2001:db8::1", "has a port"),
        ("https://a..b", "has a host that cannot be looked up"), ("https://.", "has a host"),
        ("https://h\"x", "has a host"), ("https://h\\x", "has a host"),
        ("https://a,b", "has a host"), ("https://[::1", "has a host"),
        ("https://-ö.x", "has a host"),
        ("https://h%zz", "has a host"),
        ("https://h/é", "has a letter in its path"),
    ])
    func `a bad URL is refused by a sentence that names what is bad`(
        url: String, words: String
    ) {
        #expect {
            try PublicURL(url)
        } throws: { error in
            let sentence = (error as? SettingProblem)?.sentence ?? ""
            return sentence.contains(words) && !sentence.contains("?a=b")
        }
    }

    @Test(arguments: [
        "https://user:secret@h", "https://secret@h/?a", "ftp://user:secret@h", "user:secret@h",
        "https:/user:secret@h", "https://user:secret#1@h", "https://user:secret?1@h",
        "https:\\\\user:secret@h", "https://user:se cret@h", "https://user:secret/1@h",
    ])
    func `a password is never quoted`(url: String) {
        #expect {
            try PublicURL(url)
        } throws: { error in
            !"\(error)".contains("secret") && !"\(error)".contains("cret@")
        }
    }
}
