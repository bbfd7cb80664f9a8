import TestSupport
import Testing

@testable import Redis

/// What a bad network or a broken peer does to a connection.
@Suite(.startsPrograms) struct FaultTests {
    private let server: RedisServer
    private let proxy: FaultProxy

    init() throws {
        server = try RedisServer()
        proxy = try FaultProxy(upstream: server.socketPath)
    }

    private func soon(_ milliseconds: UInt64 = 20_000) -> UInt64 {
        RedisClock.now() + milliseconds * 1_000_000
    }

    private func connected(_ limits: ReplyLimits = ReplyLimits()) throws -> RedisConnection {
        var connection = try RedisConnection(
            to: .tcp(address: "127.0.0.1", port: proxy.port), limits: limits)
        #expect(
            try connection.call(RedisCommand("PING"), untilNanoseconds: soon()) == .status("PONG"))
        return connection
    }

    /// What a call ends with under a fault.
    private func failure(
        _ fault: FaultProxy.Fault, within milliseconds: UInt64 = 20_000,
        limits: ReplyLimits = ReplyLimits(), _ command: RedisCommand = RedisCommand("PING")
    ) throws -> RedisError.Reason? {
        var connection = try connected(limits)
        proxy.set(fault)
        do throws(RedisError) {
            _ = try connection.call(command, untilNanoseconds: soon(milliseconds))
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `a trickling peer cannot stretch the deadline`() throws {
        // The whole reply takes a minute, each byte far less than the deadline: a time-out that
        // begins anew with each byte would wait for all of it and succeed.
        let long = RedisCommand("ECHO").with([UInt8](repeating: 0x61, count: 3000))
        #expect(try failure(.trickle(milliseconds: 20), within: 300, long) == .timeout)
    }

    @Test func `a short reply that trickles in arrives whole`() throws {
        #expect(try failure(.trickle(milliseconds: 1)) == nil)
    }

    @Test func `a reply that is late is a time-out`() throws {
        #expect(try failure(.delay(milliseconds: 400), within: 50) == .timeout)
    }

    @Test func `a reply that is late but in time arrives`() throws {
        #expect(try failure(.delay(milliseconds: 20)) == nil)
    }

    @Test(arguments: [0, 1, 4]) func `a connection that is reset in a reply is closed`(
        bytes: Int
    ) throws {
        #expect(try failure(.reset(afterBytes: bytes)) == .closed)
    }

    @Test func `an error closes the connection at once`() throws {
        var connection = try connected()
        proxy.set(.garbage([0]))
        let error = #expect(throws: RedisError.self) {
            _ = try connection.call(RedisCommand("PING"), untilNanoseconds: soon())
        }
        #expect(error?.reason == .garbled)
        #expect(eventually { proxy.openConnections == 0 })
        #expect(throws: RedisError.self) {
            _ = try connection.call(RedisCommand("PING"), untilNanoseconds: soon())
        }
    }

    @Test func `a half-open connection ends at the deadline`() throws {
        #expect(try failure(.halfOpen, within: 100) == .timeout)
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{0}", "*-2\r\n", "$abc\r\n", ":12x\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "*2147483647\r\n",
        "*9223372036854775807\r\n", "$9223372036854775808\r\n",
        "*2000\r\n*2000\r\n", "+PONG\r\n+PONG\r\n",
    ])
    func `what is no reply to the command is garbled`(bytes: String) throws {
        let limits = ReplyLimits(elementsMax: 3000)
        #expect(try failure(.garbage(Array(bytes.utf8)), limits: limits) == .garbled)
    }

    @Test func `a reply larger than is accepted is garbled, one byte less is not`() throws {
        let body = RedisCommand("ECHO").with([UInt8](repeating: 0x61, count: 100_000))
        let whole = 100_000 + "$100000\r\n\r\n".utf8.count
        #expect(try failure(.none, limits: ReplyLimits(bytesMax: whole - 16_384), body) == .garbled)
        #expect(try failure(.none, limits: ReplyLimits(bytesMax: whole), body) == nil)
    }

    @Test func `as many elements as are accepted pass, one more is garbled`() throws {
        var connection = try connected(ReplyLimits(elementsMax: 10))
        let nine = "return {1, 2, {3, 4, 5, 6, 7}, 8}"
        for _ in 0..<3 {
            let reply = try connection.call(
                RedisCommand("EVAL", nine, "0"), untilNanoseconds: soon())
            #expect(reply.elements?.count == 4)
        }
        let error = #expect(throws: RedisError.self) {
            _ = try connection.call(
                RedisCommand("EVAL", "return {1, 2, {3, 4, 5, 6, 7, 8, 9}}", "0"),
                untilNanoseconds: soon())
            _ = try connection.call(
                RedisCommand("EVAL", "return {1, 2, 3, {4, 5, 6, 7, 8, 9, 10}}", "0"),
                untilNanoseconds: soon())
        }
        #expect(error?.reason == .garbled)
    }
}
