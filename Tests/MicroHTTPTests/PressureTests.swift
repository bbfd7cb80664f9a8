import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

private let request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"

/// A server whose answers prove their client where the target is `/genuine`.
private func server(
    _ connectionsMax: Int = 40, _ change: (inout EventLoopOptions) -> Void = { _ in }
) throws -> (TestServer, TestHandler) {
    let handler = TestHandler { exchange in
        var response = HTTPResponse(status: 200)
        response.provesClient = exchange.request.target == Array("/genuine".utf8)
        exchange.answer(response)
    }
    var options = EventLoopOptions(number: 0, connectionsMax: connectionsMax)
    change(&options)
    return (try TestServer(handler, options), handler)
}

extension TestHandler {
    fileprivate func ends(_ end: HTTPConnectionEnd) -> Int {
        seen.withLock { seen in seen.ends.count { $0 == end } }
    }
}

/// One client cannot take all connections (X15).
@Suite struct PressureTests {
    @Test func `idle connections make room, and accepting never stops`() throws {
        let (server, handler) = try server()
        defer { server.stop() }
        var idle: [RawClient] = []
        for _ in 0..<200 {
            let client = try RawClient(port: server.port)
            client.send(request)
            #expect(client.response()?.status == 200)
            idle.append(client)
        }
        #expect(eventually { server.loop.connections <= 32 })
        #expect(handler.ends(.evicted) >= 168)
        #expect(idle.count == 200)
    }

    @Test func `silent connections of one address leave those of another alone`() throws {
        let (server, handler) = try server()
        defer { server.stop() }
        let others = try (0..<4).map { _ in try RawClient(port: server.port, from: "127.0.0.9") }
        for other in others {
            other.send(request)
            #expect(other.response()?.status == 200)
        }
        let silent = try (0..<200).map { _ in try RawClient(port: server.port) }
        #expect(eventually { handler.ends(.evicted) >= 168 })
        for other in others {
            other.send(request)
            #expect(other.response()?.status == 200)
        }
        #expect(silent.count == 200)
    }

    @Test func `a proxy that carried genuine requests keeps its connections`() throws {
        let (server, handler) = try server()
        defer { server.stop() }
        let proxy = try (0..<25).map { _ in try RawClient(port: server.port) }
        for connection in proxy {
            connection.send("POST /genuine HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            #expect(connection.response()?.status == 200)
        }
        let silent = try (0..<100).map { _ in try RawClient(port: server.port) }
        #expect(eventually { handler.ends(.evicted) >= 90 })
        for connection in proxy {
            connection.send(request)
            #expect(connection.response()?.status == 200)
        }
        #expect(silent.count == 100)
    }

    @Test func `slow bodies go too once connections are short, and quick ones do not`() throws {
        let (server, handler) = try server()
        defer { server.stop() }
        // More than eight tenths, and not so many that they are refused.
        let slow = try (0..<35).map { _ in try RawClient(port: server.port, from: "127.0.0.9") }
        for client in slow {
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
        }
        #expect(eventually { handler.ends(.evicted) >= 7 })
        let client = try RawClient(port: server.port)
        client.send(request)
        #expect(client.response()?.status == 200)
        #expect(slow.count == 35)
    }
}

/// Every connection that ends badly is told once, with its cause.
@Suite struct ConnectionEndTests {
    @Test func `each way to end has its cause, and an ordinary end has none`() throws {
        let (server, handler) = try server {
            $0.headerTimeoutNanoseconds = 300_000_000
            $0.bodyTimeoutNanoseconds = 300_000_000
            $0.idleTimeoutNanoseconds = 300_000_000
        }
        defer { server.stop() }
        func end(_ text: String, waits: Bool = false, answers: Int = 0) throws {
            let client = try RawClient(port: server.port)
            client.send(text)
            for _ in 0..<answers { #expect(client.response()?.status == 200) }
            if waits { _ = client.rest() }
        }
        func expect(_ end: HTTPConnectionEnd, _ count: Int) {
            #expect(
                eventually { handler.ends(end) == count },
                "\(end): \(handler.seen.withLock { $0.ends })")
        }
        try end("")
        expect(.silent, 1)
        try end("POST / HT")
        expect(.clientClosed, 1)
        try end("POST / HTTP/1.1\r\nHost: h\r\nX")
        expect(.clientClosed, 2)
        try end("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
        expect(.clientClosed, 3)
        try end(request + "POST / HT", answers: 1)
        expect(.clientClosed, 4)
        try end("POST / HTTP/1.1\r\nHost: h\r\nX", waits: true)
        expect(.headTimeout, 1)
        try end("", waits: true)
        expect(.headTimeout, 2)
        try end("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab", waits: true)
        expect(.bodyTimeout, 1)
        try end(request, waits: true, answers: 1)
        expect(.idleTimeout, 1)
        try end(request, answers: 1)
        #expect(eventually { server.loop.connections == 0 })
        #expect(handler.seen.withLock { $0.ends.count } == 9)
    }

    @Test func `what is refused is told as that, and is no end`() throws {
        let (server, handler) = try server()
        defer { server.stop() }
        for (text, status) in [
            ("POST / HTTP/1.1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400),
            ("\u{16}\u{3}\u{1}", 400),
            ("POST /\(String(repeating: "a", count: 40_000)) HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        ] {
            let client = try RawClient(port: server.port)
            client.send(text)
            #expect(client.response()?.status == status)
        }
        let client = try RawClient(port: server.port)
        client.send(request)
        #expect(client.response()?.status == 200)
        client.send("POST / HTTP/1.1\r\n\r\n")
        #expect(client.response()?.status == 400)
        #expect(eventually { server.loop.connections == 0 })
        #expect(handler.seen.withLock { $0.refused.count } == 5)
        #expect(handler.seen.withLock { $0.messages } == [])
        #expect(handler.seen.withLock { $0.ends } == [])
    }

    @Test func `a chunked body without an end is 413 at the limit, and not read on`() throws {
        let (server, handler) = try server { $0.bodyBytesMax = 1000 }
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "100\r\n" + String(repeating: "a", count: 256) + "\r\n"
        for _ in 0..<8 { client.send(chunk) }
        #expect(client.response()?.status == 413)
        #expect(client.isAtEnd)
        #expect(eventually { server.loop.connections == 0 })
        #expect(handler.seen.withLock { $0.refusals } == [.bodyTooLarge])
        #expect(handler.seen.withLock { $0.ends } == [])
    }
}
