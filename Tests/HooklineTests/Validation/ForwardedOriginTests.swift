import MicroHTTP
import POSIX
import Testing

@testable import Hookline

/// Which entry of a list counts behind trusted proxies, all of 10.0.0.0/8.
@Suite struct ForwardedOriginTests {
    private func origin(_ fields: [(String, String)]) throws -> String {
        var all = HTTPFields()
        for (name, value) in fields { all.append(name: name.utf8, value: value.utf8) }
        let request = HTTPRequest(
            method: .post, target: [0x2f], fields: all, body: [], peer: [10, 0, 0, 1])
        let forwarded = RequestOrigin.forwarded(by: [try CIDRBlock("10.0.0.0/8")])
        return String(decoding: try forwarded.origin(of: request), as: UTF8.self)
    }

    /// What a request through one proxy, or through two, says besides `X-Forwarded-*`.
    private static let one = [("Host", "inner"), ("X-Forwarded-For", "192.0.2.7")]
    private static let two = [("Host", "inner"), ("X-Forwarded-For", "192.0.2.7, 10.0.0.2")]

    @Test(arguments: [
        (["https, https"], "https"), (["https", "https"], "https"), (["HTTPS"], "https"),
        (["http, https"], "https"), (["https, http"], "http"), (["", ", https ,"], "https"),
        ([""], "http"), ([], "http"),
    ])
    func `behind one proxy its own entry counts, the last one`(
        lines: [String], scheme: String
    ) throws {
        let fields = Self.one + lines.map { ("X-Forwarded-Proto", $0) }
        #expect(try origin(fields) == "\(scheme)://inner")
    }

    @Test(arguments: [
        (["https, http"], "https"), (["https"], "https"), (["http, https, http"], "https"),
        (["http", "https", "http"], "https"), (["ftp, https, http"], "https"),
    ])
    func `behind two proxies the entry of the outer one counts`(
        lines: [String], scheme: String
    ) throws {
        let fields = Self.two + lines.map { ("X-Forwarded-Proto", $0) }
        #expect(try origin(fields) == "\(scheme)://inner")
    }

    @Test func `each list is read by the same rule, and a short one by its first entry`() throws {
        let scheme = [("X-Forwarded-Proto", "https, http")]
        let host = [("X-Forwarded-Host", "evil, hooks.example.com, outer")]
        #expect(try origin(Self.two + scheme + host) == "https://hooks.example.com")
        #expect(
            try origin(Self.two + scheme + host + [("X-Forwarded-Port", "1, 8443, 80")])
                == "https://hooks.example.com:8443")
        #expect(
            try origin(
                Self.two + scheme + [("X-Forwarded-Host", "only"), ("X-Forwarded-Port", "")])
                == "https://only")
    }

    @Test(arguments: [
        ("h", "443", "https://h"), ("h", "80", "https://h:80"), ("h", "08443", "https://h:8443"),
        ("h:443", "8443", "https://h"), ("h:8443", "443", "https://h:8443"),
        ("h:", "8443", "https://h:8443"), ("[2001:db8::1]", "8443", "https://[2001:db8::1]:8443"),
        ("[2001:db8::1]:443", "", "https://[2001:db8::1]"),
        ("H.Example", "443", "https://H.Example"),
    ])
    func `a port of the host counts before X-Forwarded-Port, and the default is dropped`(
        host: String, port: String, expected: String
    ) throws {
        let fields = [
            ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", host), ("X-Forwarded-Port", port),
        ]
        #expect(try origin(Self.one + fields) == expected)
    }

    @Test(arguments: [
        (#"for=192.0.2.7;proto=https;host="h:8443""#, "https://h:8443"),
        ("proto=https;host=h:443", "https://h"), ("for=192.0.2.7;proto=HTTPS", "https://inner"),
        ("host=evil;proto=http, for=192.0.2.7;host=h;proto=https", "https://h"),
        (
            "host=evil, for=192.0.2.7;host=h;proto=https, for=10.0.0.2;host=o;proto=http",
            "https://h"
        ),
        (#"for=192.0.2.7;host=h;proto=https, for="10.0.0.2:99";host=o;proto=http"#, "https://h"),
        ("for=evil;host=evil, for=192.0.2.7, for=10.0.0.2;host=h;proto=https", "https://h"),
        ("for=10.0.0.9;host=evil, for=unknown;host=h;proto=https", "https://h"),
        (#"host="[2001:db8::1]:8443";proto=https"#, "https://[2001:db8::1]:8443"),
        ("for=192.0.2.7", "http://inner"), ("", "http://inner"),
    ])
    func `Forwarded is read by the same rule, by who called each proxy`(
        value: String, expected: String
    ) throws {
        // A client's own X-Forwarded-For and -Port pass through a proxy that writes Forwarded.
        let fields = [
            ("Host", "inner"), ("Forwarded", value),
            ("X-Forwarded-For", "10.0.0.8, 10.0.0.9, 10.0.0.10"),
        ]
        #expect(try origin(fields) == expected)
        if value.contains("proto") {
            #expect(try origin(fields + [("X-Forwarded-Port", "99")]) == expected)
        }
    }

    @Test func `Forwarded counts only where X-Forwarded-Proto and -Host are not there`() throws {
        let forwarded = [("Host", "inner"), ("Forwarded", "host=h;proto=https")]
        #expect(try origin(forwarded + [("X-Forwarded-Proto", "http")]) == "http://inner")
        #expect(try origin(forwarded + [("X-Forwarded-Host", "x")]) == "http://x")
        #expect(
            try origin(forwarded + [("X-Forwarded-Host", " "), ("X-Forwarded-Proto", ",")])
                == "https://h")
        #expect(
            try origin([("Host", "h"), ("Forwarded", "\""), ("X-Forwarded-Proto", "https")])
                == "https://h")
    }
}
