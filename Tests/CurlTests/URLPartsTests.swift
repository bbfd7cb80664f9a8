import TestSupport
import Testing

@testable import Curl

@Suite struct URLPartsTests {
    private func parts(_ text: String) -> URLParts? { URLParts(Array(text.utf8)) }

    @Test(arguments: [
        ("http://h", "h"), ("HTTPS://Hooks.EXAMPLE.com/", "hooks.example.com"),
        ("http://127.1/", "127.0.0.1"), ("http://0x7f.0.0.1/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"), ("http://[0:0:0:0:0:0:0:1]/", "[::1]"),
        ("http://[2001:DB8::1]/", "[2001:db8::1]"), ("http://%68ost/", "host"),
        ("http://host./", "host."),
    ])
    func `a host is written as libcurl will ask for it`(url: String, host: String) {
        #expect(parts(url)?.host == host)
    }

    @Test(arguments: [
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://BÜCHER.example/", "xn--bcher-kva.example"),
        ("http://bu\u{308}cher.example/", "xn--bcher-kva.example"),
        ("http://faß.example/", "xn--fa-hia.example"), ("http://例え.テスト/", "xn--r8jz45g.xn--zckzah"),
        ("http://ｈooks。example/", "hooks.example"),
    ])
    func `a host in another script is written as Punycode`(url: String, host: String) {
        #expect(parts(url)?.host == host)
    }

    @Test(
        arguments: [
            ("http://h", nil), ("http://h:80", nil), ("http://h:080/", nil), ("http://h:/", nil),
            ("https://h:443/", nil), ("http://h:443/", 443), ("https://h:80/", 80),
            ("http://[::1]:8080/", 8080), ("http://h:0/", 0), ("http://h:65535/", 65535),
        ] as [(String, UInt16?)])
    func `the scheme's own port is left out`(url: String, port: UInt16?) throws {
        #expect(try #require(parts(url)).port == port)
    }

    @Test(arguments: [
        ("http://h", "/"), ("http://h?x", "/"), ("http://h/a/../b/./c/..", "/b/"),
        ("http://h/../..", "/"), ("http://h/a%2fb/{}é", "/a%2fb/{}é"), ("http://h//a", "//a"),
    ])
    func `a path is never empty and has no dot segments`(url: String, path: String) throws {
        #expect(try #require(parts(url)).path == Array(path.utf8))
    }

    @Test func `an empty query counts as none`() throws {
        for url in ["http://h", "http://h?", "http://h/?"] {
            #expect(try #require(parts(url)).query == nil)
        }
        #expect(try #require(parts("http://h?a=é?&")).query == Array("a=é?&".utf8))
    }

    @Test func `a zone is apart from the host`() throws {
        let url = try #require(parts("http://[fe80::1%25eth0]:8080/"))
        #expect(url.host == "[fe80::1]" && url.zone == "eth0" && url.port == 8080)
        #expect(try #require(parts("http://[fe80::1]/")).zone == nil)
    }

    @Test(arguments: [
        "", "/path", "host", "ftp://h/", "file:///etc/passwd", "http://", "http://h:65536/",
        "http://h:x/", "http://[::1/", "http://[]/", "http://u@h/", "http://u:p@h/",
        "http://a b/", "http://h/\r\n", "http://h/\u{0}", "http://h/\u{7f}", "http://a%2fb/",
        "http://a!b/", "http://-ö.example/", "http://h\"x/", "http://a\u{fffd}b/",
    ])
    func `a text that no request can be sent to is refused`(url: String) {
        #expect(parts(url) == nil)
    }
}
