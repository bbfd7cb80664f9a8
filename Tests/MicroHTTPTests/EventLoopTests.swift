import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

private let post = "POST /a%2fb?x=1%262 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"

/// A waiting request is held for so long before it is suspended: it never is, and at once.
private let holding = [UInt64.max, 0].map { EventLoopOptions(number: 0, heldNanosecondsMax: $0) }

@Suite struct EventLoopTests {
    @Test func `a request arrives whole and raw and is answered`() throws {
        let got = Mutex<HTTPRequest?>(nil)
        let server = try TestServer(
            TestHandler { exchange in
                got.withLock { $0 = exchange.request }
                exchange.answer(
                    HTTPResponse(
                        status: 200, fields: [HTTPField("X-Test", "y")], body: Array("hello".utf8)))
            })
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(post)
        let response = try #require(client.response())
        #expect(response.status == 200)
        #expect(response.body == "hello")
        #expect(response.head.contains("X-Test: y"))
        let request = try #require(got.withLock { $0 })
        #expect(request.method == .post)
        #expect(request.target.elementsEqual("/a%2fb?x=1%262".utf8))
        #expect(request.path.elementsEqual("/a%2fb".utf8))
        #expect(request.body == Array("abc".utf8))
        #expect(request.peer == [127, 0, 0, 1])
        #expect(request.startedNanoseconds <= request.completedNanoseconds)
    }

    @Test(arguments: holding)
    func `an answer from another thread long after is delivered once`(_ options: EventLoopOptions)
        throws
    {
        let kept = Mutex<[HTTPExchange]>([])
        let server = try TestServer(
            TestHandler { exchange in kept.withLock { $0.append(exchange) } }, options)
        defer { server.stop() }
        let observer = TestObserver()
        let client = try RawClient(port: server.port)
        client.send(post)
        #expect(eventually { kept.withLock { $0.count } == 1 })
        #expect(eventually { server.loop.waiting == 1 })
        let exchange = try #require(kept.withLock { $0.first })
        #expect(exchange.answer(HTTPResponse(status: 201), observer: observer))
        #expect(!exchange.answer(HTTPResponse(status: 500)))
        #expect(client.response()?.status == 201)
        #expect(eventually { observer.completions.withLock { $0.count } == 1 })
        let completion = try #require(observer.completions.withLock { $0.first })
        #expect(!completion.aborted)
        #expect(completion.finishedNanoseconds >= completion.completedNanoseconds)
        client.send(post)
        #expect(eventually { kept.withLock { $0.count } == 2 })
        kept.withLock { $0.last }?.answer(HTTPResponse(status: 202))
        #expect(client.response()?.status == 202)
    }

    @Test func `an exchange that is dropped answers 503 and is counted`() throws {
        let handler = TestHandler { _ in }
        let server = try TestServer(handler)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(post)
        let response = try #require(client.response())
        #expect(response.status == 503)
        #expect(response.head.contains("Retry-After: 1"))
        #expect(handler.seen.withLock { $0.dropped } == 1)
    }

    @Test func `pipelined requests are answered in order`() throws {
        let count = Atomic<Int>(0)
        let server = try TestServer(
            TestHandler { exchange in
                let number = count.add(1, ordering: .relaxed).newValue
                exchange.answer(HTTPResponse(status: 200, body: Array("\(number)".utf8)))
            })
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(post + post + post)
        #expect(client.response()?.body == "1")
        #expect(client.response()?.body == "2")
        #expect(client.response()?.body == "3")
    }

    @Test(arguments: holding)
    func `a client that leaves while its request waits is reported as aborted`(
        _ options: EventLoopOptions
    ) throws {
        let kept = Mutex<HTTPExchange?>(nil)
        let server = try TestServer(
            TestHandler { exchange in kept.withLock { $0 = exchange } }, options)
        defer { server.stop() }
        let observer = TestObserver()
        do {
            let client = try RawClient(port: server.port)
            client.send(post)
            #expect(eventually { server.loop.waiting == 1 })
            // SO_LINGER 0: close() resets, so that the reply cannot be taken by the kernel.
            var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                client.descriptor, SOL_SOCKET, SO_LINGER, &linger,
                socklen_t(MemoryLayout<Glibc.linger>.size))
        }
        // Only a request that is held is seen to be alone before it is answered.
        if options.heldNanosecondsMax > 0 {
            #expect(eventually { server.loop.waiting == 0 && server.loop.connections == 0 })
        }
        let exchange = try #require(kept.withLock { $0 })
        exchange.answer(HTTPResponse(status: 200), observer: observer)
        #expect(eventually { observer.completions.withLock { $0.count } == 1 })
        let completion = try #require(observer.completions.withLock { $0.first })
        #expect(completion.aborted)
        #expect(completion.status == 200)
        #expect(completion.completedNanoseconds == exchange.request.completedNanoseconds)
        #expect(eventually { server.loop.waiting == 0 && server.loop.connections == 0 })
    }

    @Test(arguments: holding)
    func `what is sent behind a request that waits is answered after it`(
        _ options: EventLoopOptions
    ) throws {
        let kept = Mutex<[HTTPExchange]>([])
        let server = try TestServer(
            TestHandler { exchange in kept.withLock { $0.append(exchange) } }, options)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(post)
        #expect(eventually { server.loop.waiting == 1 })
        client.send(post)
        // Two turns, so that the loop may have seen what came; it must not begin with it.
        for _ in 0..<2 {
            let turned = server.loop.turnedNanoseconds
            #expect(eventually { server.loop.turnedNanoseconds > turned })
        }
        #expect(kept.withLock { $0.count } == 1)
        for status in [UInt16(201), 202] {
            #expect(eventually { kept.withLock { $0.count } == Int(status) - 200 })
            kept.withLock { $0.last }?.answer(HTTPResponse(status: status))
            #expect(client.response()?.status == Int(status))
        }
    }

    @Test func `a request that waits long is suspended, and the loop rests`() throws {
        let kept = Mutex<HTTPExchange?>(nil)
        let turns = Atomic<Int>(0)
        let handler = TestHandler { exchange in
            kept.withLock { $0 = exchange }
        } turn: {
            turns.add(1, ordering: .relaxed)
        }
        let server = try TestServer(
            handler, EventLoopOptions(number: 0, heldNanosecondsMax: 1_000_000))
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(post)
        // Held, the loop would turn once a millisecond; suspended, ten times a second.
        #expect(
            eventually {
                let before = turns.load(ordering: .relaxed)
                let turned = server.loop.turnedNanoseconds
                guard eventually({ server.loop.turnedNanoseconds - turned > 150_000_000 }) else {
                    return false
                }
                return turns.load(ordering: .relaxed) - before <= 4
            })
        kept.withLock { $0 }?.answer(HTTPResponse(status: 201))
        #expect(client.response()?.status == 201)
    }

    @Test(arguments: holding)
    func `stopping answers what waits with 503`(_ options: EventLoopOptions) throws {
        let kept = Mutex<HTTPExchange?>(nil)
        let server = try TestServer(
            TestHandler { exchange in kept.withLock { $0 = exchange } }, options)
        let client = try RawClient(port: server.port)
        client.send(post)
        #expect(eventually { server.loop.waiting == 1 })
        server.stop()
        #expect(client.response()?.status == 503)
        // A late answer finds nobody and harms nobody.
        kept.withLock { $0 }?.answer(HTTPResponse(status: 200))
    }

    @Test(arguments: holding)
    func `draining lets a waiting request finish and closes its connection`(
        _ options: EventLoopOptions
    ) throws {
        let kept = Mutex<HTTPExchange?>(nil)
        let server = try TestServer(
            TestHandler { exchange in kept.withLock { $0 = exchange } }, options)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send(post)
        #expect(eventually { server.loop.waiting == 1 })
        server.loop.drain()
        // Two turns from now on: the second one has seen the order.
        let ordered = LoopCore.now()
        #expect(eventually { server.loop.turnedNanoseconds > ordered })
        let seen = server.loop.turnedNanoseconds
        #expect(eventually { server.loop.turnedNanoseconds > seen })
        #expect(!server.loop.isDrained)
        kept.withLock { $0 }?.answer(HTTPResponse(status: 200))
        let response = try #require(client.response())
        #expect(response.status == 200)
        #expect(response.head.contains("Connection: close"))
        #expect(eventually { server.loop.isDrained })
        #expect(client.isAtEnd)
    }

    @Test(arguments: holding)
    func `requests under way are counted until their end, however they end`(
        _ options: EventLoopOptions
    ) throws {
        let kept = Mutex<[HTTPExchange]>([])
        let server = try TestServer(
            TestHandler { exchange in kept.withLock { $0.append(exchange) } }, options)
        defer { server.stop() }
        var clients = try (0..<4).map { _ in try RawClient(port: server.port) }
        for client in clients { client.send(post) }
        #expect(eventually { server.loop.requests == 4 })
        // Two clients go, one speaks nonsense on a connection of its own, two are answered.
        clients.removeLast(2)
        clients.append(try RawClient(port: server.port))
        clients[2].send("NONSENSE\r\n\r\n")
        _ = clients[2].response()
        kept.withLock { exchanges in
            for exchange in exchanges { exchange.answer(HTTPResponse(status: 200)) }
        }
        for client in clients.prefix(2) { #expect(client.response()?.status == 200) }
        #expect(eventually { server.loop.requests == 0 })
    }
}
