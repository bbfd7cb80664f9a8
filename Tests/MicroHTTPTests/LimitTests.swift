import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

private func echoServer(_ options: EventLoopOptions) throws -> (TestServer, TestHandler) {
    let handler = TestHandler { exchange in
        exchange.answer(
            HTTPResponse(status: 200, body: Array("\(exchange.request.body.count)".utf8)))
    }
    return (try TestServer(handler, options), handler)
}

@Suite struct LimitTests {
    @Test func `a body of the limit is taken and one byte more is 413`() throws {
        let (server, handler) = try echoServer(EventLoopOptions(number: 0, bodyBytesMax: 70_000))
        defer { server.stop() }
        for (count, status) in [(70_000, 200), (70_001, 413)] {
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(count)\r\n\r\n")
            client.send([UInt8](repeating: 0x61, count: count))
            #expect(client.response()?.status == status)
        }
        #expect(eventually { handler.seen.withLock { $0.refusals } == [.bodyTooLarge] })
    }

    @Test func `a chunked body over the limit is 413 at the limit`() throws {
        let (server, handler) = try echoServer(EventLoopOptions(number: 0, bodyBytesMax: 10))
        defer { server.stop() }
        for (text, status) in [
            ("5\r\nabcde\r\n5\r\nabcde\r\n0\r\n\r\n", 200),
            ("5\r\nabcde\r\n6\r\nabcdef\r\n0\r\n\r\n", 413),
            // It has no end: nothing but the limit can end it.
            ("5\r\nabcde\r\n6\r\nabcdef\r\n", 413), ("b\r\nabcdefghijk", 413),
        ] {
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(text)")
            #expect(client.response()?.status == status)
            if status == 413 { #expect(client.isAtEnd) }
        }
        #expect(
            eventually {
                handler.seen.withLock { $0.refusals } == [
                    .bodyTooLarge, .bodyTooLarge, .bodyTooLarge,
                ]
            })
        #expect(eventually { server.loop.connections == 0 })
    }

    @Test func `a head that trickles is cut at its deadline`() throws {
        let (server, _) = try echoServer(
            EventLoopOptions(number: 0, headerTimeoutNanoseconds: 300_000_000))
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nX-")
        #expect(client.response()?.status == 408)
        #expect(client.isAtEnd)
        #expect(eventually { server.loop.connections == 0 })
    }

    @Test func `a body that does not come is cut at its deadline`() throws {
        let (server, _) = try echoServer(
            EventLoopOptions(number: 0, bodyTimeoutNanoseconds: 300_000_000))
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
        #expect(client.response()?.status == 408)
        #expect(client.isAtEnd)
    }

    @Test func `an idle connection is closed at its deadline`() throws {
        let (server, _) = try echoServer(
            EventLoopOptions(number: 0, idleTimeoutNanoseconds: 300_000_000))
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        #expect(client.response()?.status == 200)
        #expect(client.isAtEnd)
    }

    @Test func `when nine tenths of the connections work a loop sheds with 503`() throws {
        let held = Mutex<[HTTPExchange]>([])
        let handler = TestHandler { exchange in held.withLock { $0.append(exchange) } }
        let server = try TestServer(handler, EventLoopOptions(number: 0, connectionsMax: 10))
        defer { server.stop() }
        var clients: [RawClient] = []
        for count in 1...9 {
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            #expect(eventually { held.withLock { $0.count } == count })
            clients.append(client)
        }
        let tenth = try RawClient(port: server.port)
        tenth.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
        let response = try #require(tenth.response())
        #expect(response.status == 503)
        #expect(response.head.contains("Retry-After: 1"))
        #expect(eventually { handler.seen.withLock { $0.refusals } == [.overloaded] })
        for exchange in held.withLock({ $0 }) { exchange.answer(HTTPResponse(status: 200)) }
        #expect(clients.allSatisfy { $0.response()?.status == 200 })
    }
}
