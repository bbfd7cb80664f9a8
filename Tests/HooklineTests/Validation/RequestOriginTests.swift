import MicroHTTP
import Testing

@testable import Hookline

@Suite struct RequestOriginTests {
    private func request(
        _ fields: [(String, String)], peer: [UInt8] = [10, 0, 0, 1]
    ) -> HTTPRequest {
        var all = HTTPFields()
        for (name, value) in fields { all.append(name: name.utf8, value: value.utf8) }
        return HTTPRequest(
            method: .post, target: Array("/x".utf8), fields: all, body: [], peer: peer)
    }

    private func origin(
        _ origin: RequestOrigin, _ fields: [(String, String)], peer: [UInt8] = [10, 0, 0, 1]
    ) throws -> String {
        String(decoding: try origin.origin(of: request(fields, peer: peer)), as: UTF8.self)
    }

    private var forwarded: RequestOrigin {
        get throws { .forwarded(by: [try CIDRBlock("10.0.0.0/8")]) }
    }

    @Test func `a configured origin ignores what the request says`() throws {
        let configured = RequestOrigin.configured(Array("https://h/base".utf8))
        #expect(
            try origin(configured, [("Host", "evil"), ("X-Forwarded-Host", "evil")])
                == "https://h/base")
    }

    @Test func `X-Forwarded fields of a trusted proxy count`() throws {
        let fields = [
            ("Host", "inner"), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "hooks.example.com"),
        ]
        #expect(try origin(try forwarded, fields) == "https://hooks.example.com")
        #expect(
            try origin(try forwarded, fields + [("X-Forwarded-Port", "8443")])
                == "https://hooks.example.com:8443")
        #expect(
            try origin(try forwarded, fields + [("X-Forwarded-Port", "443")])
                == "https://hooks.example.com")
    }

    @Test func `X-Forwarded fields of anybody else do not`() throws {
        #expect(
            try origin(
                try forwarded,
                [("Host", "h"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil")],
                peer: [11, 0, 0, 1]) == "http://h")
    }

    @Test(arguments: [
        ([("Host", "h"), ("X-Forwarded-Proto", "ftp")], OriginHeader.forwardedProto),
        ([("Host", "h"), ("X-Forwarded-Proto", "https, ftp")], .forwardedProto),
        ([("X-Forwarded-Host", "a/b")], .forwardedHost),
        ([("X-Forwarded-Host", "a@b")], .forwardedHost),
        ([("X-Forwarded-Host", "a:0")], .forwardedHost),
        ([("X-Forwarded-Host", "a:b")], .forwardedHost),
        ([("X-Forwarded-Host", ":443")], .forwardedHost),
        ([("Host", "h"), ("X-Forwarded-Port", "x")], .forwardedPort),
        ([("Host", "h"), ("X-Forwarded-Port", "65536")], .forwardedPort),
        ([("Host", "h"), ("X-Forwarded-Port", "443, 0")], .forwardedPort),
        ([("Host", "h"), ("Forwarded", "proto=ftp")], .forwarded),
        ([("Host", "h"), ("Forwarded", "host=a/b")], .forwarded),
        ([("Host", "h"), ("Forwarded", "proto=\"https")], .forwarded),
        ([("Host", "a/b"), ("X-Forwarded-Proto", "https")], .host),
        ([], .host),
    ])
    func `what cannot be an origin is refused with the header at fault`(
        fields: [(String, String)], header: OriginHeader
    ) throws {
        let forwarded = try forwarded
        #expect(throws: Rejection.noOrigin(header)) { try origin(forwarded, fields) }
    }

    @Test func `the host mode takes Host and the scheme that a tunnel adds`() throws {
        #expect(try origin(.host, [("Host", "h:8080")]) == "http://h:8080")
        #expect(try origin(.host, [("Host", "h"), ("X-Forwarded-Proto", "https")]) == "https://h")
        #expect(throws: Rejection.noOrigin(.host)) { try origin(.host, []) }
    }

    @Test(arguments: [
        ([("X-Forwarded-Proto", "https, http")], "https"),
        ([("X-Forwarded-Proto", "HTTP"), ("X-Forwarded-Proto", "https")], "http"),
        ([("X-Forwarded-Proto", " ,, Https")], "https"),
        ([("X-Forwarded-Proto", ""), ("Forwarded", "for=a, proto=https, proto=http")], "https"),
        ([("X-Forwarded-Proto", "http"), ("Forwarded", "proto=https")], "http"),
        ([("X-Forwarded-Proto", "http"), ("Forwarded", "\"")], "http"),
        ([("Forwarded", "proto=\"HTTPS\"")], "https"),
    ])
    func `the host mode takes the first scheme of a list`(
        fields: [(String, String)], scheme: String
    ) throws {
        #expect(try origin(.host, [("Host", "h")] + fields) == "\(scheme)://h")
    }

    @Test func `the host mode refuses a scheme that it cannot read, and names its header`() {
        for (name, value, header) in [
            ("X-Forwarded-Proto", "ftp, https", OriginHeader.forwardedProto),
            ("Forwarded", "proto=ftp", .forwarded), ("Forwarded", "proto", .forwarded),
        ] {
            #expect(throws: Rejection.noOrigin(header)) {
                try origin(.host, [("Host", "h"), (name, value)])
            }
        }
    }
}
