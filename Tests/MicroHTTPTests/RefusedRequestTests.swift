import TestSupport
import Testing

@testable import MicroHTTP

/// The handler is told why the engine answered a request itself, and what is known of it.
@Suite struct RefusedRequestTests {
    private func refused(
        _ text: String, _ options: EventLoopOptions = EventLoopOptions(number: 0)
    ) throws -> HTTPRefusedRequest {
        let handler = TestHandler { $0.answer(HTTPResponse(status: 200)) }
        let server = try TestServer(handler, options)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(text)
        while client.response() != nil {}
        #expect(eventually { handler.seen.withLock { $0.refused.count } == 1 }, "\(text)")
        return try #require(handler.seen.withLock { $0.refused.first })
    }

    @Test func `every fault of a head has its word`() throws {
        let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let faults: [(request: String, fault: FramingFault, word: String)] = [
            ("POST / HTTP/1.7\r\nHost: h\r\n\r\n", .version, "version"),
            ("PO,ST / HTTP/1.1\r\nHost: h\r\n\r\n", .method, "method"),
            ("POST * HTTP/1.1\r\nHost: h\r\n\r\n", .target, "target"),
            ("POST / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", .host, "host"),
            ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\n\r\n", .length, "length"),
            ("POST / HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n", .fieldName, "field_name"),
            ("POST / HTTP/1.1\r\nHost: h\r\nX: \u{1}\r\n\r\n", .fieldValue, "field_value"),
            ("POST / HTTP/1.1\r\nHost: h\r\nX: a\n\r\n", .layout, "layout"),
            ("\(chunked)3 \r\nabc\r\n0\r\n\r\n", .chunk, "chunk"),
            ("\(chunked)0\r\nHost: h\r\n\r\n", .trailer, "trailer"),
            ("\u{16}\u{3}\u{1}\u{2}", .tls, "tls"),
        ]
        for (request, fault, word) in faults {
            let refused = try refused(request)
            #expect(refused.reason == .framing)
            #expect(refused.fault == fault, "\(request)")
            #expect(fault.rawValue == word)
        }
        #expect(
            faults.map(\.fault.rawValue).sorted() == FramingFault.allCases.map(\.rawValue).sorted())
    }

    @Test func `a refused request is known by method, target, fields and peer`() throws {
        let head = "Host: h\r\nX-Signature: s \r\n"
        let length = "Content-Length: 11"
        let small = EventLoopOptions(number: 0, bodyBytesMax: 10)
        let crowded = EventLoopOptions(number: 0, connectionsMax: 1)
        let requests: [(HTTPRefusal, String, EventLoopOptions, Int?)] = [
            (.framing, "\(length)\r\nX : a\r\n\r\n", small, 11),
            (.bodyTooLarge, "\(length)\r\n\r\n", small, 11),
            (
                .bodyTooLarge,
                "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n", small, nil
            ),
            (.expectation, "Expect: x\r\n\(length)\r\n\r\n", small, 11),
            (.overloaded, "\(length)\r\n\r\n", crowded, 11),
        ]
        for (reason, rest, options, bodyBytes) in requests {
            let refused = try refused("POST /a%2fb?c=%20 HTTP/1.1\r\n\(head)\(rest)", options)
            #expect(refused.reason == reason)
            #expect((refused.fault == nil) == (reason != .framing))
            #expect(refused.method == .post)
            #expect(refused.target == Array("/a%2fb?c=%20".utf8))
            #expect(refused.path.elementsEqual("/a%2fb".utf8))
            #expect(refused.fields.first("x-signature").map(Array.init) == Array("s".utf8))
            #expect(refused.peer == [127, 0, 0, 1])
            #expect(refused.declaredBodyBytes == bodyBytes, "\(reason)")
        }
    }

    @Test func `a length that is no number below ten to the eighteenth is not told`() {
        for (text, length) in [
            ("0", 0), ("999999999999999999", 999_999_999_999_999_999), ("", nil), ("-1", nil),
            ("1000000000000000000", nil), ("3 3", nil),
        ] as [(String, Int?)] {
            var fields = HTTPFields()
            fields.append(name: "content-length".utf8, value: text.utf8)
            let refused = HTTPRefusedRequest(
                reason: .framing, method: .other, target: [], fields: fields)
            #expect(refused.declaredBodyBytes == length, "\(text)")
        }
    }

    @Test func `what is known of a refused request is not told of the next one`() throws {
        let handler = TestHandler { $0.answer(HTTPResponse(status: 200)) }
        let server = try TestServer(handler)
        defer { server.stop() }
        for _ in 0..<2 {
            let bad = try RawClient(port: server.port)
            bad.send("POST /bad HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n")
            #expect(bad.response()?.status == 400)
            let client = try RawClient(port: server.port)
            client.send("GET /good HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n")
            #expect(client.response()?.status == 417)
        }
        #expect(eventually { handler.seen.withLock { $0.refused.count } == 4 })
        let refused = handler.seen.withLock { $0.refused }
        #expect(refused.map(\.fault) == [.fieldName, nil, .fieldName, nil])
        #expect(refused.map(\.method) == [.post, .get, .post, .get])
    }
}
