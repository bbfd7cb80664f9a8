import Dispatch
import Foundation
import TestSupport
import Testing

@testable import Curl

@Suite(.timeLimit(.minutes(20))) struct TransferEngineTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    /// A server that answers each request with its own body.
    static func echo() throws -> LoopbackServer {
        try LoopbackServer { request, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
            return connection.send(request.body)
        }
    }

    @Test func `many transfers run at once and each gets its own answer`() throws {
        let server = try Self.echo()
        var engine = try TransferEngine(connectionsMax: 32)
        var results: [TransferResult] = []
        var next: UInt64 = 0
        while results.count < 1_000 {
            while engine.room > 0, next < 1_000 {
                let body = Array("\(next)".utf8)
                try engine.add(TransferRequest(url: server.url(), body: body), tag: next)
                next += 1
            }
            let before = results.count
            try engine.poll(timeoutMilliseconds: 10_000, into: &results)
            let running = engine.running
            #expect(running + results.count == Int(next))
            #expect(results.count >= before)
        }
        #expect(Set(results.map(\.tag)) == Set(0..<1_000))
        for result in results {
            #expect(result.response?.body == Array("\(result.tag)".utf8))
        }
        #expect(Set(server.requests.map(\.connection)).count <= 32)
        #expect(results.contains { $0.reusedConnection })
    }

    @Test func `transfers overlap`() throws {
        // Nobody is answered before eight requests are there.
        let arrived = DispatchSemaphore(value: 0)
        let release = DispatchSemaphore(value: 0)
        let server = try LoopbackServer { _, connection in
            arrived.signal()
            release.wait()
            return connection.send(Self.ok)
        }
        Thread.detachNewThread {
            for _ in 0..<8 { arrived.wait() }
            for _ in 0..<8 { release.signal() }
        }
        var engine = try TransferEngine(connectionsMax: 8)
        for tag in 0..<8 { try engine.add(TransferRequest(url: server.url()), tag: UInt64(tag)) }
        let results = try engine.results(8)
        #expect(results.allSatisfy { $0.response?.status == 200 })
    }

    @Test func `one transfer more than the limit is refused, and so is a tag twice`() throws {
        let release = DispatchSemaphore(value: 0)
        let server = try LoopbackServer { _, connection in
            release.wait()
            return connection.send(Self.ok)
        }
        var engine = try TransferEngine(connectionsMax: 2)
        let request = TransferRequest(url: server.url())
        try engine.add(request, tag: 7)
        #expect(throws: CurlError.tagInUse) { try engine.add(request, tag: 7) }
        try engine.add(request, tag: 8)
        #expect(throws: CurlError.full) { try engine.add(request, tag: 9) }
        release.signal()
        release.signal()
        let tags = try engine.results(2).map(\.tag)
        #expect(Set(tags) == [7, 8])
        let room = engine.room
        #expect(room == 2)
    }

    @Test func `a connection is kept and used again`() throws {
        let server = try LoopbackServer(answering: Self.ok)
        var engine = try TransferEngine(connectionsMax: 4)
        let reused = try (0..<3).map { _ in
            try engine.run(TransferRequest(url: server.url())).reusedConnection
        }
        #expect(reused == [false, true, true])
        #expect(server.requests.map(\.connection) == [1, 1, 1])
    }

    @Test func `a connection that the server closed while idle is replaced`() throws {
        let server = try LoopbackServer(answering: Self.ok, keepAlive: false)
        var engine = try TransferEngine(connectionsMax: 4)
        for _ in 0..<3 {
            let result = try engine.run(TransferRequest(url: server.url()))
            #expect(result.response?.status == 200)
            #expect(result.timesSent == 1)
            #expect(!result.reusedConnection)
            server.connectionEnded.wait()
        }
    }

    @Test func `a request that libcurl sent twice says so`() throws {
        // The second request on the first connection is read and left without an answer.
        let server = try LoopbackServer { request, connection in
            guard request.connection > 1 || request.body == [0x31] else { return false }
            return connection.send(Self.ok)
        }
        var engine = try TransferEngine(connectionsMax: 4)
        _ = try engine.run(TransferRequest(url: server.url(), body: [0x31]))
        let result = try engine.run(TransferRequest(url: server.url(), body: [0x32]))
        #expect(result.response?.status == 200)
        #expect(result.timesSent == 2)
        #expect(server.requests.map(\.body) == [[0x31], [0x32], [0x32]])
        #expect(server.requests.map(\.connection) == [1, 1, 2])
    }

    @Test func `a cancelled transfer ends without a result and closes its connection`() throws {
        let server = try LoopbackServer { _, connection in
            connection.waitForClose()
            return false
        }
        var engine = try TransferEngine(connectionsMax: 1)
        try engine.add(TransferRequest(url: server.url(), timeoutMilliseconds: 600_000), tag: 5)
        try engine.drive { !server.requests.isEmpty }
        let wasRunning = engine.cancel(tag: 5)
        #expect(wasRunning)
        server.connectionEnded.wait()
        let again = engine.cancel(tag: 5)
        #expect(!again)
        var results: [TransferResult] = []
        try engine.poll(timeoutMilliseconds: 0, into: &results)
        #expect(results.isEmpty)
        let room = engine.room
        #expect(room == 1)
    }

    @Test func `an engine that goes closes what it was doing`() throws {
        let server = try LoopbackServer { _, connection in
            connection.waitForClose()
            return false
        }
        do {
            var engine = try TransferEngine(connectionsMax: 3)
            for tag in 0..<3 {
                try engine.add(TransferRequest(url: server.url()), tag: UInt64(tag))
            }
            try engine.drive { server.requests.count == 3 }
        }
        for _ in 0..<3 { server.connectionEnded.wait() }
    }

    @Test func `programs that the process starts do not inherit the connection`() throws {
        let server = try LoopbackServer(answering: Self.ok)
        var engine = try TransferEngine(connectionsMax: 1)
        _ = try engine.run(TransferRequest(url: server.url()))
        let ours = (3..<Int32(1_024)).filter { LoopbackSocket.peerPort($0) == server.port }
        #expect(ours.count == 1)
        for descriptor in ours { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
    }

    @Test func `the version of the library is known`() {
        #expect(CurlLibrary.version.split(separator: ".").count == 3)
    }
}
