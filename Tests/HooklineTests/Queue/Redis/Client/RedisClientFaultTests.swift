import Dispatch
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Hookline

/// What a link makes of a bad network, of errors, and of its own bounds.
@Suite(.startsPrograms) struct RedisClientFaultTests {
    private let server: RedisServer
    private let proxy: FaultProxy

    init() throws {
        server = try RedisServer()
        proxy = try FaultProxy(upstream: server.socketPath)
    }

    private func fixture(
        budget: UInt64 = 100, grace: UInt64 = 50,
        configure: (inout RedisClient.Options) -> Void = { _ in }
    ) throws -> RedisClientFixture {
        try RedisClientFixture(
            .host("127.0.0.1", port: proxy.port), budgetMilliseconds: budget,
            graceMilliseconds: grace, configure: configure)
    }

    private let ping = RedisCommand("PING")

    @Test func `an idle connection that died in silence is found dead`() throws {
        let fixture = try fixture { $0.checkNanoseconds = 20_000_000 }
        #expect(fixture.isReady)
        proxy.set(.halfOpen)
        #expect(fixture.opens)
        proxy.set(.none)
        #expect(fixture.isReady)
        #expect(fixture.ask(ping) == .reply(.status("PONG")))
    }

    @Test func `a trickling answer is late and opens the breaker`() throws {
        let fixture = try fixture()
        #expect(fixture.isReady)
        proxy.set(.trickle(milliseconds: 40))
        let long = RedisCommand("ECHO").with([UInt8](repeating: 0x61, count: 2000))
        #expect(fixture.ask(long, within: 30) == .unknown(.timeout))
        #expect(fixture.opens)
    }

    @Test func `garbage ends the connection and the next one is used`() throws {
        let fixture = try fixture(budget: 5000)
        #expect(fixture.isReady)
        proxy.set(.garbage([0]))
        #expect(fixture.ask(ping) == .unknown(.garbled))
        proxy.set(.none)
        #expect(fixture.isReady)
        #expect(fixture.ask(ping) == .reply(.status("PONG")))
    }

    @Test func `a reset in the middle of an answer leaves the outcome unknown`() throws {
        let fixture = try fixture(budget: 5000)
        #expect(fixture.isReady)
        proxy.set(.reset(afterBytes: 2))
        #expect(fixture.ask(ping) == .unknown(.closed))
        proxy.set(.none)
        #expect(fixture.isReady)
    }

    @Test func `three errors that say that Redis is unfit open the breaker`() throws {
        let fixture = try fixture(budget: 5000)
        #expect(fixture.isReady)
        proxy.set(.garbage(Array("-LOADING Redis is loading the dataset in memory\r\n".utf8)))
        for _ in 0..<3 {
            guard case .reply(let reply)? = fixture.ask(ping) else { break }
            #expect(reply.firstError?.kind == .loading)
        }
        #expect(fixture.opens)
        let refused = "hookline_redis_error_replies_total{role=\"cache\",kind=\"loading\"}"
        #expect(fixture.page.value(refused) == 3)
    }

    @Test func `errors of a command do not open the breaker`() throws {
        let fixture = try fixture(budget: 5000)
        for _ in 0..<5 {
            guard case .reply(let reply)? = fixture.ask(RedisCommand("NOSUCH")) else {
                Issue.record("no reply")
                return
            }
            #expect(reply.firstError?.kind == .other)
        }
        #expect(!fixture.link.isOpen)
    }

    @Test func `what has to work besides PING is part of the check`() throws {
        let fixture = try fixture(budget: 5000) { options in
            options.probe = [RedisCommand("SET", "probe", "1")]
            options.checkNanoseconds = 20_000_000
        }
        #expect(fixture.isReady)
        let other = try RedisClientFixture(.socket(path: server.socketPath))
        _ = other.ask(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
        #expect(fixture.opens)
        _ = other.ask(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
        #expect(fixture.isReady)
    }

    @Test func `a resolver that hangs costs one thread and no request its deadline`() throws {
        let release = DispatchSemaphore(value: 0)
        let lookups = Mutex(0)
        let port = proxy.port
        let fixture = try RedisClientFixture(
            .host("slow.example", port: port), budgetMilliseconds: 20, graceMilliseconds: 20
        ) { options in
            options.resolver = { _ in
                lookups.withLock { $0 += 1 }
                release.wait()
                // On a busy machine a connection may be late, and the name is looked up anew.
                release.signal()
                return .success(["127.0.0.1"])
            }
        }
        #expect(fixture.ask(ping, within: 10) == .notSent(.timeout))
        #expect(fixture.opens)
        #expect(lookups.withLock { $0 } == 1)
        release.signal()
        #expect(fixture.isReady)
    }

    @Test func `a host without an address opens the breaker`() throws {
        let fixture = try RedisClientFixture(.host("none.example", port: 1)) { options in
            options.resolver = { _ in .failure(.unresolved("no such host")) }
        }
        #expect(fixture.opens)
    }

    @Test func `the second address is used when the first is refused`() throws {
        let fixture = try RedisClientFixture(.host("two.example", port: proxy.port)) { options in
            options.resolver = { _ in .success(["127.0.0.2", "127.0.0.1"]) }
        }
        #expect(fixture.isReady)
    }

    @Test func `beyond its bound a link takes nothing`() throws {
        let fixture = try RedisClientFixture(.socket(path: server.socketPath)) { $0.pendingMax = 3 }
        #expect(fixture.isReady)
        server.pause()
        let outcomes = Mutex<[RedisOutcome]>([])
        for _ in 0..<5 {
            fixture.link.send(
                RedisRequest(command: ping, deadlineNanoseconds: .max) { outcome in
                    outcomes.withLock { $0.append(outcome) }
                })
        }
        #expect(outcomes.withLock { $0 } == [.notSent(.full), .notSent(.full)])
        server.resume()
        #expect(eventually { outcomes.withLock { $0.count } == 5 })
    }

    @Test func `a link that stops answers what it has and refuses the rest`() throws {
        let fixture = try RedisClientFixture(.socket(path: server.socketPath))
        #expect(fixture.isReady)
        server.pause()
        let outcomes = Mutex<[RedisOutcome]>([])
        fixture.link.send(
            RedisRequest(command: ping, deadlineNanoseconds: RedisClock.now() + 100_000_000) {
                outcome in outcomes.withLock { $0.append(outcome) }
            })
        server.resume()
        fixture.link.stop()
        #expect(outcomes.withLock { $0 }.count == 1)
        #expect(fixture.ask(ping) == .notSent(.stopping))
        #expect(!fixture.link.isUp)
    }
}
