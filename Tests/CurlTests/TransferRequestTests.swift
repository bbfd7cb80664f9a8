import Glibc
import TestSupport
import Testing

@testable import Curl

@Suite(.timeLimit(.minutes(20))) struct TransferRequestTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    @Test func `a request goes over the wire byte for byte`() throws {
        let server = try LoopbackServer(answering: Self.ok)
        var engine = try TransferEngine(connectionsMax: 1)
        let body = (0...255).map { UInt8($0) } + Array("\r\n\r\n0".utf8)
        let result = try engine.run(
            TransferRequest(
                url: server.url("/a/../b?x=%20&y=%C3%A9"),
                headers: ["X-One: 1 ,\t2", "Content-Type: text/plain; x=\"y\""], body: body))
        #expect(result.response?.status == 200)
        let request = try #require(server.requests.first)
        #expect(
            request.headText == """
                POST /a/../b?x=%20&y=%C3%A9 HTTP/1.1\r
                Host: 127.0.0.1:\(server.port)\r
                Accept: */*\r
                X-One: 1 ,\t2\r
                Content-Type: text/plain; x="y"\r
                Content-Length: 261\r
                \r\n
                """)
        #expect(request.body == body)
    }

    @Test func `a header's bytes above ASCII go over the wire as they are`() throws {
        let server = try LoopbackServer(answering: Self.ok)
        var engine = try TransferEngine(connectionsMax: 1)
        let line = Array("X-Raw: ".utf8) + (0x80...0xff).map { UInt8($0) }
        _ = try engine.run(TransferRequest(url: Array(server.url().utf8), headers: [line]))
        let head = try #require(server.requests.first?.head)
        #expect(head.firstRange(of: Array("\r\n".utf8) + line + Array("\r\n".utf8)) != nil)
    }

    @Test func `an empty body is sent with its length and without a content type`() throws {
        let server = try LoopbackServer(answering: Self.ok)
        var engine = try TransferEngine(connectionsMax: 1)
        _ = try engine.run(TransferRequest(url: server.url()))
        let head = try #require(server.requests.first?.headText)
        #expect(head.contains("\r\nContent-Length: 0\r\n"))
        #expect(!head.lowercased().contains("content-type"))
        #expect(!head.lowercased().contains("user-agent"))
    }

    @Test func `a large body is sent whole and nothing is expected first`() throws {
        let server = try LoopbackServer(answering: Self.ok)
        var engine = try TransferEngine(connectionsMax: 1)
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        _ = try engine.run(TransferRequest(url: server.url(), body: body))
        let request = try #require(server.requests.first)
        #expect(!request.headText.contains("Expect"))
        #expect(request.body == body)
    }

    @Test func `a header without a value is sent without a value`() throws {
        let server = try LoopbackServer(answering: Self.ok)
        var engine = try TransferEngine(connectionsMax: 1)
        _ = try engine.run(TransferRequest(url: server.url(), headers: ["X-Empty:", "X-Blank: "]))
        let head = try #require(server.requests.first?.headText)
        #expect(head.contains("\r\nX-Empty:\r\n"))
        #expect(head.contains("\r\nX-Blank:\r\n"))
    }

    @Test(arguments: [
        "X: a\r\nY: b", "X: a\nY: b", "X: a\r", "X: a\u{0}b", "X: a\u{7f}", "X", "", ": a", "X : a",
        "X\u{e9}: a", "Content-Length: 3", "TRANSFER-ENCODING: chunked", "expect: 100-continue",
    ])
    func `a header line that is not one is refused and nothing is sent`(line: String) throws {
        let server = try LoopbackServer(answering: Self.ok)
        var engine = try TransferEngine(connectionsMax: 1)
        let request = TransferRequest(url: server.url(), headers: ["Good: 1", line])
        #expect(throws: CurlError.headerRefused(index: 1)) { try engine.add(request, tag: 1) }
        let running = engine.running
        #expect(running == 0)
        let result = try engine.run(TransferRequest(url: server.url("/after")))
        #expect(result.response?.status == 200)
        #expect(server.requests.map(\.requestLine) == ["POST /after HTTP/1.1"])
    }

    @Test(arguments: [
        "", "/path", "example.com", "ftp://example.com/", "file:///etc/passwd", "http:/x",
        "http://",
        "https:// example.com/", "http://example.com/a b", "http://example.com/\r\nX: y",
        "http://example.com/\u{0}", "http://example.com:99999/", "http://[::1/", "http://e\u{e9}/",
        "gopher://x/", "httpx://x/",
    ])
    func `a text that is no http URL is refused`(url: String) throws {
        var engine = try TransferEngine(connectionsMax: 1)
        #expect(throws: CurlError.urlRefused) { try engine.add(TransferRequest(url: url), tag: 1) }
        #expect(!CurlLibrary.accepts(url: url))
    }

    @Test(arguments: [
        "http://example.com", "HTTPS://example.com:8443/a?b#c", "http://[::1]:80/", "http://u:p@x/",
    ])
    func `an http URL is accepted`(url: String) {
        #expect(CurlLibrary.accepts(url: url))
    }

    @Test func `a timeout of zero is refused, since libcurl would wait for ever`() throws {
        var engine = try TransferEngine(connectionsMax: 1)
        let total = TransferRequest(url: "http://127.0.0.1/", timeoutMilliseconds: 0)
        #expect(throws: CurlError.timeoutRefused) { try engine.add(total, tag: 1) }
        let connect = TransferRequest(url: "http://127.0.0.1/", connectTimeoutMilliseconds: 0)
        #expect(throws: CurlError.timeoutRefused) { try engine.add(connect, tag: 1) }
    }

    @Test func `GET and HEAD send no body, also after a POST on the same handle`() throws {
        let server = try LoopbackServer { request, connection in
            let isHead = request.requestLine.hasPrefix("HEAD")
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (isHead ? "" : "ok"))
            return true
        }
        var engine = try TransferEngine(connectionsMax: 1)
        let body = Array("x".utf8)
        for method in [TransferRequest.Method.post, .get, .head, .post, .head, .get] {
            let result = try engine.run(
                TransferRequest(url: server.url(), method: method, body: body))
            #expect(result.response?.body == Array((method == .head ? "" : "ok").utf8))
        }
        let requests = server.requests
        #expect(
            requests.map { String($0.requestLine.prefix(4)) } == [
                "POST", "GET ", "HEAD", "POST", "HEAD", "GET ",
            ])
        #expect(requests.map(\.body.count) == [1, 0, 0, 1, 0, 0])
        let lengths = requests.map { $0.headText.contains("Content-Length") }
        #expect(lengths == [true, false, false, true, false, false])
    }

    @Test func `the environment's proxies are not asked`() throws {
        let server = try LoopbackServer(answering: Self.ok)
        #expect(getenv("http_proxy") != nil)
        var engine = try TransferEngine(connectionsMax: 1)
        let result = try engine.run(TransferRequest(url: server.url("/direct")))
        #expect(result.response?.status == 200)
        #expect(server.requests.first?.requestLine == "POST /direct HTTP/1.1")
    }
}
