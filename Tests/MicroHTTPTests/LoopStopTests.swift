import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

private let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"

/// A stop that waits 50 ms for handshakes and for silence.
private let quick = EventLoopOptions(
    number: 0, handshakeNanoseconds: 50_000_000, silenceNanoseconds: 50_000_000,
    firstRequestNanoseconds: 50_000_000, lingerNanoseconds: 2_000_000_000)

/// A graceful stop of one loop, at the socket.
@Suite struct LoopStopTests {
    private func server(_ options: EventLoopOptions = quick) throws -> TestServer {
        try TestServer(TestHandler { $0.answer(HTTPResponse(status: 200)) }, options)
    }

    /// Two turns from now on: the second one has seen every order.
    private func turn(_ loop: EventLoop) {
        let ordered = LoopCore.now()
        #expect(eventually { loop.turnedNanoseconds > ordered })
        let seen = loop.turnedNanoseconds
        #expect(eventually { loop.turnedNanoseconds > seen })
    }

    /// How a connection ends once all is read: 0 at its proper end, an errno otherwise.
    private func end(_ client: RawClient) -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(client.descriptor, &buffer, buffer.count, 0)
            if count == 0 { return 0 }
            if count < 0 { return errno }
        }
    }

    @Test func `connections that wait to be accepted when a stop begins are answered`() throws {
        let gate = Mutex<Bool>(false)
        let entered = Atomic<Bool>(false)
        let server = try TestServer(
            TestHandler { exchange in
                entered.store(true, ordering: .releasing)
                _ = eventually { gate.withLock { $0 } }
                exchange.answer(HTTPResponse(status: 200))
            }, quick)
        let first = try RawClient(port: server.port)
        first.send(post)
        #expect(eventually { entered.load(ordering: .acquiring) })
        // The loop is busy: the kernel accepts these, and nobody else does.
        let waiting = try (0..<40).map { _ in try RawClient(port: server.port) }
        for client in waiting { client.send(post) }
        server.loop.drain()
        gate.withLock { $0 = true }
        #expect(first.response()?.status == 200)
        for client in waiting {
            let response = try #require(client.response())
            #expect(response.status == 200 && response.head.contains("Connection: close"))
            #expect(end(client) == 0)
        }
        #expect(end(first) == 0)
        #expect(eventually { server.loop.isDrained })
        server.stop()
    }

    @Test func `a connection that a client asks for in a stop is not accepted and not reset`()
        throws
    {
        var options = quick
        options.handshakeNanoseconds = 400_000_000
        let server = try server(options)
        server.loop.drain()
        turn(server.loop)
        let late = LoopbackSocket.connecting(to: server.port)
        defer { close(late) }
        #expect(eventually { server.loop.isDrained })
        // No answer yet, neither yes nor no: the client asks again a second later.
        var state = pollfd(fd: late, events: Int16(POLLOUT), revents: 0)
        #expect(poll(&state, 1, 0) == 0)
        server.stop()
        #expect(eventually { poll(&state, 1, 0) == 1 })
        #expect(state.revents & Int16(POLLERR) != 0)
    }

    @Test func `kept connections get their end and no reset, used ones and unused ones`() throws {
        let server = try server()
        let used = try RawClient(port: server.port)
        used.send(post)
        #expect(used.response()?.status == 200)
        let unused = try RawClient(port: server.port)
        #expect(eventually { server.loop.connections == 2 })
        server.loop.drain()
        #expect(end(used) == 0 && end(unused) == 0)
        // What was sent too late meets a closed side, and is not served.
        used.send(post)
        shutdown(used.descriptor, Int32(SHUT_WR))
        shutdown(unused.descriptor, Int32(SHUT_WR))
        #expect(eventually { server.loop.isDrained })
        server.stop()
    }

    @Test(arguments: ["POST", "POST / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: h\r\n"])
    func `a request that has begun is waited for and answered`(_ begun: String) throws {
        let server = try server()
        let fresh = try RawClient(port: server.port)
        let kept = try RawClient(port: server.port)
        kept.send(post)
        #expect(kept.response()?.status == 200)
        // Later than the last answer by more than a tick of the kernel.
        let answered = LoopCore.now()
        #expect(eventually { LoopCore.now() > answered + 60_000_000 })
        fresh.send(begun)
        kept.send(begun)
        let ordered = LoopCore.now()
        server.loop.drain()
        #expect(eventually { server.loop.turnedNanoseconds > ordered + 300_000_000 })
        let rest = post.dropFirst(begun.count)
        for client in [fresh, kept] {
            #expect(!server.loop.isDrained)
            client.send(begun.hasSuffix("Host: h\r\n") ? "Content-Length: 3\r\n\r\nabc" : "\(rest)")
            #expect(client.response()?.status == 200)
            #expect(end(client) == 0)
        }
        #expect(eventually { server.loop.isDrained })
        server.stop()
    }

    @Test func `a request that is not complete when the time is up is answered 503`() throws {
        let handler = TestHandler { $0.answer(HTTPResponse(status: 200)) }
        let server = try TestServer(handler, quick)
        let head = try RawClient(port: server.port)
        head.send("POST / HTTP/1.1\r\nHost: h\r\n")
        let body = try RawClient(port: server.port)
        body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
        #expect(eventually { server.loop.requests == 2 })
        server.loop.drain()
        turn(server.loop)
        server.loop.refuse()
        turn(server.loop)
        head.send("Content-Length: 0\r\n\r\n")
        body.send("bc")
        #expect(head.response()?.status == 503)
        #expect(body.response()?.status == 503)
        #expect(end(head) == 0 && end(body) == 0)
        #expect(eventually { handler.seen.withLock { $0.refusals } == [.stopping, .stopping] })
        let refused = try #require(handler.seen.withLock { $0.refused.first })
        #expect(refused.fields.count == 2 && refused.declaredBodyBytes == 0)
        #expect(eventually { server.loop.requests == 0 })
        server.stop()
    }

    @Test func `bytes behind the last answer do not reset it`() throws {
        let server = try server()
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
        #expect(eventually { server.loop.requests == 1 })
        server.loop.drain()
        turn(server.loop)
        client.send("bc" + String(repeating: "x", count: 200_000))
        #expect(client.response()?.status == 200)
        #expect(end(client) == 0)
        server.stop()
    }

    @Test func `a body that is too long gets its 413 and no reset`() throws {
        let server = try server()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n")
        client.send(String(repeating: "x", count: 300_000))
        #expect(client.response()?.status == 413)
        #expect(end(client) == 0)
    }

    @Test func `a socket of another process stays open and unfiltered`() throws {
        let (descriptor, port) = try LoopbackSocket.listening(backlog: 16)
        defer { close(descriptor) }
        let server = try TestServer(
            TestHandler { $0.answer(HTTPResponse(status: 200)) }, quick,
            socket: ListenSocket(inherited: descriptor))
        #expect(server.port == port)
        let before = try RawClient(port: port)
        before.send(post)
        #expect(before.response()?.status == 200)
        server.loop.drain()
        #expect(end(before) == 0)
        #expect(eventually { server.loop.isDrained })
        server.stop()
        // It waits for whoever accepts next.
        let between = try RawClient(port: port)
        between.send(post)
        let next = try TestServer(
            TestHandler { $0.answer(HTTPResponse(status: 201)) }, quick,
            socket: ListenSocket(inherited: descriptor))
        #expect(between.response()?.status == 201)
        next.stop()
    }
}
