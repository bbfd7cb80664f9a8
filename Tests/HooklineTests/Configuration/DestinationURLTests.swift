import Foundation
import Testing

@testable import Hookline

@Suite struct DestinationURLTests {
    @Test(arguments: [
        ("http://h", "http://h/"), ("http://h:3000?x=1", "http://h:3000/?x=1"),
        ("HTTP://H.Example:80/A", "http://h.example/A"), ("https://h:443", "https://h/"),
        ("http://h:0080/", "http://h/"), ("http://h:/", "http://h/"),
        ("http://127.1:3000/a", "http://127.0.0.1:3000/a"),
        ("http://%31%32%37.1", "http://127.0.0.1/"),
        ("http://１２７.1", "http://127.0.0.1/"), ("http://[0:0:0:0:0:0:0:1]:80", "http://[::1]/"),
        ("http://[::FFFF:127.0.0.1]", "http://[::ffff:127.0.0.1]/"),
        ("http://Bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC"),
        ("http://h.", "http://h./"), ("http://h?", "http://h/"), ("http://h/?", "http://h/"),
        ("http://h/a?&", "http://h/a?&"), ("http://h/a??", "http://h/a??"),
        ("http://h/a/../b/./c", "http://h/b/c"), ("http://h/a/%2E%2e/b", "http://h/b"),
        ("http://h/%2e", "http://h/"), ("http://h/..%2fa", "http://h/..%2fa"),
        ("http://h/a/", "http://h/a/"), ("http://h//a//", "http://h//a//"),
        ("http://h/a;", "http://h/a%3B"), ("http://h/a;b=1/c", "http://h/a;b=1/c"),
        ("http://h/%7Ea%2f%zz%", "http://h/%7Ea%2f%25zz%25"),
        ("http://h/a@b://c?d=e@f", "http://h/a@b://c?d=e@f"),
        ("http://h/{a}[b]|\"<>^`\\", "http://h/%7Ba%7D%5Bb%5D%7C%22%3C%3E%5E%60%5C"),
        ("http://h/?k[]={1}&q=ü'", "http://h/?k%5B%5D=%7B1%7D&q=%C3%BC'"),
        ("http://h/?p=../%2e", "http://h/?p=../%2e"),
    ])
    func `a destination is written as its requests will be`(text: String, url: String) throws {
        let destination = try DestinationURL(text)
        #expect(destination.description == url)
        #expect(try DestinationURL(url) == destination)
        #expect(destination.withoutQuery == String(url.prefix { $0 != "?" }))
    }

    @Test(arguments: [
        ("h:3000/a", "not an absolute http or https URL"), ("ftp://h/", "not an absolute http"),
        ("http://h/a b", "without spaces"), ("http://h/\u{7f}", "without spaces"),
        ("http://h/\t", "without spaces"), ("http:///a", "has no host"),
        ("http://:80", "has no host"),
        ("http://h/#a", "has a fragment"), ("http://h/a#", "has a fragment"),
        ("http://h:0/", "not a URL that a request"),
        ("http://h:65536/", "not a URL that a request"),
        ("http://a..b/", "not a URL that a request"), ("http://./", "not a URL that a request"),
        ("http://a!b/", "not a URL that a request"), ("http://a~b/", "not a URL that a request"),
        ("http://%2531/", "not a URL that a request"), ("http://[::1/", "not a URL that a request"),
        ("http://[fe80::1%25eth0]/", "a zone of this machine"),
        ("http://\u{fffd}.example/", "in ASCII (xn--…)"),
    ])
    func `a destination that cannot be reached or signed is refused`(
        text: String, words: String
    ) throws {
        let problem = try #require(throws: SettingProblem.self) { try DestinationURL(text) }
        #expect(problem.sentence.contains(words), "\(problem.sentence)")
        #expect(problem.sentence.contains("\"\(text)\""))
    }

    @Test(arguments: ["bodySHA256=x", "a=1&bodySHA256=&bodySHA256=0", "a=1&%62odySHA256=ab"])
    func `a query that the application would take for the digest of a body is refused`(
        query: String
    ) throws {
        let problem = try #require(throws: SettingProblem.self) {
            try DestinationURL("http://h/a?\(query)")
        }
        #expect(problem.sentence.contains("\"http://h/a\" is followed by bodySHA256"))
        #expect(try DestinationURL("http://h/a?bodysha256=x").description.hasSuffix("=x"))
    }

    @Test(arguments: [
        "http://user:hush@h/", "http://hush@h", "http://hush@\u{301}h", "ftp://u:hush@h/",
        "http://u:hush@h/#x", "http://u:hush\\@h/",
    ])
    func `a password in a destination is refused and not repeated`(text: String) throws {
        let problem = try #require(throws: SettingProblem.self) { try DestinationURL(text) }
        #expect(problem.sentence.contains("names a user or a password"))
        #expect(!problem.sentence.contains("hush"))
    }

    @Test(arguments: [
        ("http://h", "", "http://h/"), ("http://h?x=1", "", "http://h/?x=1"),
        ("http://h", "a=1", "http://h/?a=1"), ("http://h/p?x=1", "a=1&b", "http://h/p?x=1&a=1&b"),
        ("http://h/?", "a", "http://h/?a"), ("http://h", "?", "http://h/??"),
        ("http://h", "a=%2f+%C3%A9", "http://h/?a=%2f+%C3%A9"),
        ("http://h", "#a#", "http://h/?%23a%23"),
    ])
    func `Twilio's query comes behind the destination's own`(
        text: String, query: String, url: String
    ) throws {
        let made = try DestinationURL(text).appending(query.utf8)
        #expect(String(decoding: made, as: UTF8.self) == url)
    }

    @Test func `a percent sign is escaped unless it begins an escape`() {
        for text in ["%", "a%", "%4", "%4g", "%g4", "%%", "%%41", "%2%42"] {
            let escaped = String(decoding: URLEscapes.escaped(text.utf8), as: UTF8.self)
            #expect(escaped.removingPercentEncoding != nil, "\(text) became \(escaped)")
            #expect(escaped.replacing("%25", with: "%") == text)
        }
        #expect(URLEscapes.escaped("%41%c3%A9".utf8) == Array("%41%c3%A9".utf8))
    }
}
