import MicroHTTP
import Testing

@testable import Hookline

/// The three forms in which a captured request comes.
@Suite struct CapturedRequestTests {
    private func raw(_ text: String) throws -> HTTPRequest {
        try CapturedRequest(raw: Array(text.utf8)).request
    }

    private func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }

    @Test(arguments: ["\r\n", "\n"])
    func `a raw request is read with either line end`(end: String) throws {
        let request = try raw(
            ["POST /a?b=%20 HTTP/1.1", "Host:  h ", "X-Twilio-Signature: s=", "", "Body=x"].joined(
                separator: end))
        #expect(request.method == .post)
        #expect(text(request.target) == "/a?b=%20")
        #expect(text(request.fields.first("host") ?? []) == "h")
        #expect(text(request.fields.first("x-twilio-signature") ?? []) == "s=")
        #expect(text(request.body) == "Body=x")
    }

    @Test func `the body is as long as Content-Length says, or reaches to the end`() throws {
        let head = "POST / HTTP/1.1\nHost: h\n"
        #expect(try text(raw(head + "Content-Length: 3\n\nabc\n").body) == "abc")
        #expect(try text(raw(head + "\nabc\n\n").body) == "abc\n\n")
        #expect(try text(raw(head + "\n").body) == "")
        #expect(try text(raw(head).body) == "")
        #expect(try text(raw(head + "Content-Length: x\n\nabc").body) == "abc")
        #expect(try text(raw(head + "Content-Length: -3\n\nabc").body) == "")
        #expect(try text(raw("\n\r\nPOST /x\nHost: h\n\nabc").body) == "abc")
    }

    @Test func `an absolute target is its path`() throws {
        #expect(try text(raw("POST https://h:1/a?b HTTP/1.1\n\n").target) == "/a?b")
    }

    @Test(arguments: [
        ("", "request line"), ("POST\n\n", "request line"), ("POST / FTP/1\n\n", "request line"),
        ("POST / a HTTP/1.1\n\n", "request line"), ("POST / HTTP/1.1\nHost\n\n", "colon"),
        ("POST / HTTP/1.1\n: x\n\n", "colon"), ("POST h HTTP/1.1\n\n", "not a path"),
        ("POST / HTTP/1.1\nContent-Length: 5\n\nabc", "shorter"),
        ("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n\n", "chunked"),
    ])
    func `what is no request says so`(raw: String, words: String) {
        #expect {
            try CapturedRequest(raw: Array(raw.utf8))
        } throws: { error in
            "\(error)".contains(words)
        }
    }

    @Test func `the number of fields and bytes is bounded`() throws {
        let fields = { (count: Int) in String(repeating: "a: b\n", count: count) }
        #expect(try raw("POST / HTTP/1.1\n" + fields(256) + "\n").fields.count == 256)
        #expect(throws: CapturedRequest.Fault.self) {
            try raw("POST / HTTP/1.1\n" + fields(257) + "\n")
        }
        let head = Array("POST / HTTP/1.1\n\n".utf8)
        let room = CapturedRequest.rawBytesMax - head.count
        #expect(
            try CapturedRequest(raw: head + Array(repeating: 0, count: room)).request.body.count
                == room)
        #expect(throws: CapturedRequest.Fault.self) {
            try CapturedRequest(raw: head + Array(repeating: 0, count: room + 1))
        }
    }

    @Test(arguments: [
        ("https://h/a?b", "https://h", "/a?b"), ("http://h:81", "http://h:81", "/"),
        ("https://u:p@h/a", "https://h", "/a"), ("https://h?x", "https://h", "/?x"),
        ("HTTPS://h/a#rc=3", "https://h", "/a"),
        ("https://[::1]:8443/a", "https://[::1]:8443", "/a"),
    ])
    func `a URL is taken apart`(url: String, origin: String, target: String) throws {
        let captured = try CapturedRequest(
            url: url, body: [], signature: "s", contentType: nil, signatureSettings: nil)
        #expect(try text(captured.origin(.host)) == origin)
        #expect(text(captured.request.target) == target)
    }

    @Test(arguments: ["", "h/a", "ftp://h/a", "https://", "https:///a", "https://h/a b"])
    func `what is no URL is refused`(url: String) {
        #expect(throws: CapturedRequest.Fault.self) {
            try CapturedRequest(
                url: url, body: [], signature: "s", contentType: nil, signatureSettings: nil)
        }
    }

    @Test func `a capture without its peer counts as passed on by a trusted proxy`() throws {
        let captured = try CapturedRequest(
            raw: Array(
                "POST / HTTP/1.1\nHost: inner\nX-Forwarded-Host: h\nX-Forwarded-Proto: https\n\n"
                    .utf8))
        let origin = RequestOrigin.forwarded(by: [try CIDRBlock("10.0.0.0/8")])
        #expect(try text(captured.origin(origin)) == "https://h")
    }
}
