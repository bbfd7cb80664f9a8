import Foundation
import TestSupport
import Testing

@testable import Redis

@Suite(.startsPrograms) struct RedisConnectionTests {
    private let server: RedisServer

    init() throws { server = try RedisServer() }

    private func soon(_ milliseconds: UInt64 = 20_000) -> UInt64 {
        RedisClock.now() + milliseconds * 1_000_000
    }

    private func connected() throws -> RedisConnection {
        try RedisConnection(to: .unix(path: server.socketPath))
    }

    @Test func `any byte comes back as it was sent`() throws {
        var connection = try connected()
        let every = (0...255).map { UInt8($0) } + Array("\r\n$3\r\n\0".utf8)
        let replies = try connection.call(
            [
                RedisCommand("SET").with(every).with(every),
                RedisCommand("GET").with(every), RedisCommand("GET").with([0]),
                RedisCommand("STRLEN").with(every),
            ], untilNanoseconds: soon())
        #expect(
            replies == [.status("OK"), .bytes(every), .null, .integer(Int64(every.count))])
    }

    @Test func `a large pipeline is answered in order`() throws {
        var connection = try connected()
        let commands = (0..<5000).map { index in
            RedisCommand("ECHO").with(String(repeating: "x", count: index % 700) + "\(index)")
        }
        let replies = try connection.call(commands, untilNanoseconds: soon())
        #expect(replies == commands.map { .bytes($0.arguments[1]) })
        #expect(connection.unanswered == 0 && connection.unsentBytes == 0)
    }

    @Test func `a body of megabytes passes in both directions`() throws {
        var connection = try connected()
        let body = [UInt8](repeating: 0x61, count: 5_000_000)
        let replies = try connection.call(
            [RedisCommand("SET").with("k").with(body), RedisCommand("GET").with("k")],
            untilNanoseconds: soon())
        #expect(replies == [.status("OK"), .bytes(body)])
    }

    @Test func `an error reply is a reply, also inside an array, and the connection goes on`()
        throws
    {
        var connection = try connected()
        let script = "return {1, redis.pcall('GET', KEYS[1]), {redis.error_reply('OOM x')}}"
        let replies = try connection.call(
            [
                RedisCommand("LPUSH", "list", "a"), RedisCommand("GET", "list"),
                RedisCommand("EVAL", script, "1", "list"),
                RedisCommand("NOSUCH", "secret argument"), RedisCommand("PING"),
            ], untilNanoseconds: soon())
        #expect(replies[1].firstError?.kind == .wrongType)
        let inner = try #require(replies[2].elements)
        #expect(inner[0] == .integer(1) && inner[1].firstError?.kind == .wrongType)
        #expect(replies[2].firstError?.kind == .wrongType)
        #expect(inner[2].firstError?.kind == .outOfMemory)
        #expect(replies[3].firstError?.kind == .other)
        #expect(!"\(replies[3])".contains("secret"))
        #expect(replies[4] == .status("PONG"))
    }

    @Test func `a socket that is not there is unreachable`() throws {
        let error = #expect(throws: RedisError.self) {
            _ = try RedisConnection(to: .unix(path: server.folder.path("nothing")))
        }
        #expect(error?.reason == .unreachable)
    }

    @Test func `a port that nobody listens on is unreachable`() throws {
        let port = try LoopbackSocket.closedPort()
        let error = #expect(throws: RedisError.self) {
            var connection = try RedisConnection(to: .tcp(address: "127.0.0.1", port: port))
            _ = try connection.call(RedisCommand("PING"), untilNanoseconds: soon())
        }
        #expect(error?.reason == .unreachable)
    }

    @Test func `a stopped Redis accepts the connection and the call ends at its deadline`() throws {
        server.pause()
        var connection = try connected()
        #expect(throws: RedisError.timeout) {
            _ = try connection.call(RedisCommand("PING"), untilNanoseconds: soon(100))
        }
        server.resume()
        let error = #expect(throws: RedisError.self) {
            _ = try connection.call(RedisCommand("PING"), untilNanoseconds: soon())
        }
        #expect(error?.reason == .closed, "after an error the connection is never used again")
    }

    @Test func `a Redis that sleeps does not hold a call longer than its deadline`() throws {
        var sleeper = try connected()
        sleeper.enqueue(RedisCommand("DEBUG", "SLEEP", "1"))
        var none: [RedisReply] = []
        try sleeper.exchange(untilNanoseconds: soon(10), into: &none)
        var connection = try connected()
        #expect(throws: RedisError.timeout) {
            _ = try connection.call(RedisCommand("PING"), untilNanoseconds: soon(100))
        }
    }

    @Test func `paused writes end at their deadline while reads are answered`() throws {
        var connection = try connected()
        let replies = try connection.call(
            [RedisCommand("CLIENT", "PAUSE", "60000", "WRITE"), RedisCommand("GET", "k")],
            untilNanoseconds: soon())
        #expect(replies == [.status("OK"), .null])
        #expect(throws: RedisError.timeout) {
            _ = try connection.call(RedisCommand("SET", "k", "v"), untilNanoseconds: soon(100))
        }
    }

    @Test func `a killed Redis closes the connection`() throws {
        var connection = try connected()
        _ = try connection.call(RedisCommand("PING"), untilNanoseconds: soon())
        server.kill()
        // The first write may still succeed; a second one to a reset socket raises EPIPE.
        let error = #expect(throws: RedisError.self) {
            for _ in 0..<3 {
                _ = try connection.call(RedisCommand("PING"), untilNanoseconds: soon())
            }
        }
        #expect(error?.reason == .closed)
    }

    @Test func `a client killed in the middle of a pipeline knows what cannot have run`() throws {
        var connection = try connected()
        let answer = try connection.call(RedisCommand("CLIENT", "ID"), untilNanoseconds: soon())
        let id = try #require(answer.integer)
        server.pause()
        let first = connection.enqueue(RedisCommand("INCR", "n"))
        // More than socket buffers hold, so that the last command cannot leave.
        let large = [UInt8](repeating: 0, count: 1 << 20)
        var last: UInt64 = 0
        for _ in 0..<16 { last = connection.enqueue(RedisCommand("SET", "k").with(large)) }
        var replies: [RedisReply] = []
        try connection.exchange(untilNanoseconds: soon(50), into: &replies)
        #expect(replies.isEmpty)
        #expect(connection.sentBytes >= first && connection.sentBytes < last)
        let sent = connection.sentBytes
        server.resume()
        var killer = try connected()
        _ = try killer.call(
            RedisCommand("CLIENT", "KILL", "ID").with(id), untilNanoseconds: soon())
        let error = #expect(throws: RedisError.self) {
            while true {
                try connection.exchange(untilNanoseconds: soon(), into: &replies)
            }
        }
        #expect(error?.reason == .closed)
        #expect(sent < last)
    }

    @Test func `a wrong password is told, a right one opens, a user is known by name`() throws {
        let locked = try RedisServer(
            "requirepass right\nuser reader on >pass:w/ord +get +ping ~*\n")
        var connection = try RedisConnection(to: .unix(path: locked.socketPath))
        let replies = try connection.call(
            [
                RedisCommand("PING"),
                RedisCredentials(password: Array("wrong".utf8)).command,
                RedisCredentials(password: Array("right".utf8)).command,
                RedisCommand("PING"),
                RedisCredentials(user: "reader", password: Array("pass:w/ord".utf8)).command,
                RedisCommand("SET", "k", "v"),
            ], untilNanoseconds: soon())
        #expect(replies[0].firstError?.kind == .authentication)
        #expect(replies[1].firstError?.kind == .authentication)
        #expect(replies[2] == .status("OK") && replies[3] == .status("PONG"))
        #expect(replies[4] == .status("OK"))
        #expect(replies[5].firstError?.kind == .permission)
    }

    @Test func `another thread's ring ends the wait`() throws {
        var connection = try connected()
        let waker = try RedisWaker()
        waker.ring()
        var replies: [RedisReply] = []
        try connection.exchange(untilNanoseconds: .max, waker: waker, into: &replies)
        Thread.detachNewThread { waker.ring() }
        try connection.exchange(untilNanoseconds: .max, waker: waker, into: &replies)
        #expect(replies.isEmpty)
        #expect(!waker.wait(untilNanoseconds: soon(0)))
    }
}
