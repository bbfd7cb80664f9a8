import Dispatch
import Foundation
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Hookline

@Suite(.startsPrograms) struct RedisClientTests {
    private func echo(_ index: Int) -> RedisCommand { RedisCommand("ECHO").with(index) }

    @Test func `requests of many threads each get their own answer`() throws {
        let server = try RedisServer()
        let fixture = try RedisClientFixture(.socket(path: server.socketPath))
        let threads = 4
        let good = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            let commands = (0..<500).map { echo(thread * 1000 + $0) }
            let outcomes = fixture.asks(commands)
            let expected = commands.map { RedisOutcome.reply(.bytes($0.arguments[1])) }
            good.withLock { $0 += outcomes == expected ? 1 : 0 }
        }
        #expect(good.withLock { $0 } == threads)
        #expect(fixture.page.value("hookline_redis_up{role=\"cache\"}") == 1)
        #expect(fixture.page.value("hookline_redis_breaker_open{role=\"cache\"}") == 0)
        let count = "hookline_redis_round_trip_duration_seconds_count{role=\"cache\"}"
        #expect(fixture.page.value(count) == 2000)
    }

    @Test func `over TCP to a name, with a password and a database`() throws {
        let server = try RedisServer("requirepass secret\n", tcp: true)
        let fixture = try RedisClientFixture(.host("localhost", port: server.port)) { options in
            options.credentials = RedisCredentials(password: Array("secret".utf8))
            options.url.database = 3
        }
        #expect(fixture.ask(RedisCommand("SET", "k", "v")) == .reply(.status("OK")))
        let info = fixture.ask(RedisCommand("CLIENT", "INFO"))
        guard case .reply(let reply)? = info else { throw ChildProcess.Failure("\(info as Any)") }
        #expect(reply.text?.contains("db=3 ") == true)
        #expect(reply.text?.contains("name=redis-test ") == true)
    }

    @Test func `a late request is told so in time, and its answer reaches nobody`() throws {
        let server = try RedisServer()
        let fixture = try RedisClientFixture(.socket(path: server.socketPath))
        #expect(fixture.isReady)
        server.pause()
        #expect(fixture.ask(echo(1), within: 50) == .unknown(.timeout))
        server.resume()
        #expect(fixture.ask(echo(2)) == .reply(.bytes([0x32])))
        #expect(fixture.page.value("hookline_redis_late_replies_total{role=\"cache\"}") == 1)
        let unanswered = "hookline_redis_unanswered_total{role=\"cache\",reason=\"timeout\"}"
        #expect(fixture.page.value(unanswered) == 1)
        #expect(fixture.page.value("hookline_redis_connections_total{role=\"cache\"}") == 1)
    }

    @Test func `one call far beyond its budget opens the breaker, good probes close it`() throws {
        let server = try RedisServer()
        let fixture = try RedisClientFixture(
            .socket(path: server.socketPath), budgetMilliseconds: 200, graceMilliseconds: 100)
        #expect(fixture.isReady)
        server.pause()
        // Nobody but the breaker ends this request.
        #expect(fixture.ask(echo(1)) == .unknown(.timeout))
        #expect(fixture.link.isOpen)
        let thread = pthread_self()
        let isHere = Mutex(false)
        fixture.link.send(
            RedisRequest(command: echo(2), deadlineNanoseconds: .max) { outcome in
                isHere.withLock {
                    $0 = pthread_self() == thread && outcome == .notSent(.breakerOpen)
                }
            })
        #expect(isHere.withLock { $0 }, "it is refused at once, on the caller's thread")
        #expect(fixture.page.value("hookline_redis_breaker_open{role=\"cache\"}") == 1)
        #expect(fixture.page.value("hookline_redis_breaker_openings_total{role=\"cache\"}") == 1)
        server.resume()
        #expect(fixture.isReady)
        #expect(fixture.ask(echo(3)) == .reply(.bytes([0x33])))
        #expect(fixture.page.value("hookline_redis_breaker_open{role=\"cache\"}") == 0)
    }

    @Test func `requests that are late again and again open the breaker`() throws {
        let server = try RedisServer()
        let proxy = try FaultProxy(upstream: server.socketPath)
        let fixture = try RedisClientFixture(
            .host("127.0.0.1", port: proxy.port), budgetMilliseconds: 10, graceMilliseconds: 20_000)
        #expect(eventually { fixture.link.isUp })
        proxy.set(.delay(milliseconds: 60))
        #expect(eventually { fixture.ask(echo(1), within: 10) == .notSent(.breakerOpen) })
    }

    @Test func `a Redis that is away at first is used when it comes`() throws {
        let server = try RedisServer()
        server.kill()
        let fixture = try RedisClientFixture(.socket(path: server.socketPath))
        #expect(fixture.opens)
        #expect(fixture.ask(echo(1)) == .notSent(.breakerOpen))
        try server.restart()
        #expect(fixture.isReady)
        #expect(fixture.ask(echo(2)) == .reply(.bytes([0x32])))
    }

    @Test func `a killed Redis opens the breaker, and is used again after its restart`() throws {
        let server = try RedisServer("appendonly yes\n")
        let fixture = try RedisClientFixture(.socket(path: server.socketPath))
        #expect(fixture.ask(RedisCommand("SET", "k", "v")) == .reply(.status("OK")))
        server.kill()
        #expect(fixture.opens)
        try server.restart()
        #expect(fixture.isReady)
        #expect(fixture.ask(RedisCommand("GET", "k")) == .reply(.bytes([0x76])))
    }

    @Test func `a client killed in the middle of a pipeline is connected again`() throws {
        let server = try RedisServer()
        let fixture = try RedisClientFixture(.socket(path: server.socketPath))
        #expect(fixture.isReady)
        server.pause()
        let killer = try RedisClientFixture(.socket(path: server.socketPath))
        let asked = DispatchSemaphore(value: 0)
        let outcomes = Mutex<[RedisOutcome]>([])
        Thread.detachNewThread {
            let sleep = RedisCommand("DEBUG", "SLEEP", "0.2")
            let got = fixture.asks([sleep, RedisCommand("INCR", "n"), RedisCommand("INCR", "n")])
            outcomes.withLock { $0 = got }
            asked.signal()
        }
        server.resume()
        #expect(killer.isReady)
        _ = killer.ask(RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
        #expect(asked.wait(timeout: .now() + 60) == .success)
        for outcome in outcomes.withLock({ $0 }) {
            // Each was answered before the kill, or nobody knows.
            if case .notSent = outcome { Issue.record("\(outcome)") }
        }
        #expect(fixture.ask(echo(5)) == .reply(.bytes([0x35])))
        #expect(!fixture.link.isOpen)
    }

    @Test func `a wrong password opens the breaker until it is right`() throws {
        let server = try RedisServer("requirepass secret\n")
        let fixture = try RedisClientFixture(.socket(path: server.socketPath)) { options in
            options.credentials = RedisCredentials(password: Array("wrong".utf8))
        }
        #expect(fixture.opens)
        #expect(fixture.ask(echo(1)) == .notSent(.breakerOpen))
        let failures = "hookline_redis_connection_failures_total{role=\"cache\",reason=\"refused\"}"
        #expect((fixture.page.value(failures) ?? 0) >= 3)
        let administrator = try RedisClientFixture(.socket(path: server.socketPath)) { options in
            options.credentials = RedisCredentials(password: Array("secret".utf8))
        }
        let change = RedisCommand("CONFIG", "SET", "requirepass", "wrong")
        #expect(administrator.ask(change) == .reply(.status("OK")))
        #expect(fixture.isReady)
    }

    @Test func `a replica is not used until it is a master`() throws {
        let server = try RedisServer()
        let fixture = try RedisClientFixture(.socket(path: server.socketPath)) { options in
            options.checkNanoseconds = 10_000_000
        }
        #expect(fixture.isReady)
        let other = try RedisClientFixture(.socket(path: server.socketPath)) { options in
            options.checkNanoseconds = .max / 2
        }
        _ = other.ask(RedisCommand("REPLICAOF", "127.0.0.1", "1"))
        #expect(fixture.opens)
        let failures =
            "hookline_redis_connection_failures_total{role=\"cache\",reason=\"not_master\"}"
        #expect((fixture.page.value(failures) ?? 0) >= 3)
        _ = other.ask(RedisCommand("REPLICAOF", "NO", "ONE"))
        #expect(fixture.isReady)
    }
}
