import Dispatch
import OpenSSL
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Hookline

@Suite(.startsPrograms) struct RedisValidationCacheTests {
    private let server: RedisServer
    private let proxy: FaultProxy

    init() throws {
        server = try RedisServer()
        proxy = try FaultProxy(upstream: server.socketPath)
    }

    /// One machine: a link through the proxy, and the cache over it.
    private struct Machine {
        let fixture: RedisClientFixture
        let cache: RedisValidationCache

        init(_ proxy: FaultProxy, budget: UInt64 = 5000) throws {
            fixture = try RedisClientFixture(
                .host("127.0.0.1", port: proxy.port), budgetMilliseconds: budget,
                graceMilliseconds: 250)
            cache = RedisValidationCache(fixture.link, timeToLiveMilliseconds: 300_000)
            #expect(fixture.isReady)
        }

        /// What lookups say, in their order, asked all at once.
        func lookups(_ keys: [[UInt8]]) -> [CacheResult] {
            let results = Mutex([CacheResult?](repeating: nil, count: keys.count))
            let done = DispatchSemaphore(value: 0)
            cache.lookup(keys: keys) { index, result in
                results.withLock { $0[index] = result }
                done.signal()
            }
            for _ in keys { #expect(done.wait(timeout: .now() + 60) == .success) }
            return results.withLock { $0.compactMap(\.self) }
        }

        func store(_ key: [UInt8]) {
            cache.store(key: key)
            #expect(eventually { fixture.link.pending == 0 })
        }
    }

    private func keys(_ token: String) throws -> ValidationKeys {
        ValidationKeys(token: HMACKey(Array(token.utf8)))
    }

    private func fingerprint(_ index: Int) -> [UInt8] { Array("request \(index)".utf8) }

    @Test func `R4 what one machine stored is a hit for another, for the time to live`() throws {
        let (one, two) = (try Machine(proxy), try Machine(proxy))
        let key = try keys("token").key(of: fingerprint(1))
        #expect(key.count == 32)
        #expect(two.lookups([key]) == [.miss])
        one.store(key)
        #expect(two.lookups([key, try keys("token").key(of: fingerprint(2))]) == [.hit, .miss])
        guard case .reply(let names)? = one.fixture.ask(RedisCommand("KEYS", "*")),
            let name = names.elements?.first?.bytes,
            case .reply(let left)? = one.fixture.ask(RedisCommand("PTTL").with(name))
        else { throw ChildProcess.Failure("no entry") }
        #expect((290_000...300_000).contains(left.integer ?? 0))
        _ = one.fixture.ask(RedisCommand("PEXPIRE").with(name).with(1))
        #expect(eventually { two.lookups([key]) == [.miss] })
    }

    @Test func `entries made with another token are none`() throws {
        let machine = try Machine(proxy)
        machine.store(try keys("old").key(of: fingerprint(1)))
        #expect(machine.lookups([try keys("new").key(of: fingerprint(1))]) == [.miss])
    }

    @Test func `who reads and writes Redis can forge no entry`() throws {
        let machine = try Machine(proxy)
        let genuine = try keys("token")
        let (wanted, stored) = (genuine.key(of: fingerprint(1)), genuine.key(of: fingerprint(2)))
        machine.store(stored)
        // The forger saw the name asked for, and an entry that counts elsewhere.
        let name = try #require(ValidationEntry(key: wanted)).name
        for forged in [[], Array("1".utf8), Array(stored.suffix(16)), Array(wanted.prefix(16))] {
            _ = machine.fixture.ask(RedisCommand("SET").with(name).with(forged))
            #expect(machine.lookups([wanted, stored]) == [.miss, .hit])
        }
        _ = machine.fixture.ask(RedisCommand("DEL").with(name))
        _ = machine.fixture.ask(RedisCommand("LPUSH").with(name).with("x"))
        #expect(machine.lookups([wanted]) == [.error])
    }

    @Test func `lookups that wait together are sent together`() throws {
        let machine = try Machine(proxy)
        func reads() throws -> Int {
            guard case .reply(let reply)? = machine.fixture.ask(RedisCommand("INFO", "stats")),
                let line = reply.text?.split(whereSeparator: \.isNewline)
                    .first(where: { $0.hasPrefix("total_reads_processed:") })
            else { throw ChildProcess.Failure("no statistics") }
            return Int(line.dropFirst(22)) ?? 0
        }
        let before = try reads()
        server.pause()
        let genuine = try keys("token")
        let wanted = (0..<500).map { genuine.key(of: fingerprint($0)) }
        let done = DispatchSemaphore(value: 0)
        for key in wanted { machine.cache.lookup(keys: [key]) { _, _ in done.signal() } }
        server.resume()
        for _ in wanted { #expect(done.wait(timeout: .now() + 60) == .success) }
        #expect(try reads() - before < 100)
    }

    @Test func `R4 no lookup waits longer than 20 ms and its thread's turn`() throws {
        let machine = try Machine(proxy, budget: 20)
        let key = try keys("token").key(of: fingerprint(1))
        proxy.set(.delay(milliseconds: 3000))
        let began = RedisClock.now()
        #expect(machine.lookups([key, key]) == [.timeout, .timeout])
        #expect(RedisClock.now() - began < 1_000_000_000)
    }

    @Test func `R4 with answers after 100 ms every lookup is late, and they are counted`() throws {
        let machine = try Machine(proxy, budget: 20)
        let key = try keys("token").key(of: fingerprint(1))
        try Machine(proxy).store(key)
        proxy.set(.delay(milliseconds: 100))
        #expect(machine.lookups(Array(repeating: key, count: 50)).allSatisfy { $0 == .timeout })
        proxy.set(.none)
        let late = "hookline_redis_late_replies_total{role=\"cache\"}"
        #expect(eventually { (machine.fixture.page.value(late) ?? 0) >= 50 })
        #expect(eventually { machine.lookups([key]) == [.hit] })
    }

    @Test func `R4 a stopped Redis costs one slow lookup, then nobody waits`() throws {
        let machine = try Machine(proxy, budget: 20)
        let key = try keys("token").key(of: fingerprint(1))
        server.pause()
        #expect(machine.lookups([key]) == [.timeout])
        #expect(machine.fixture.opens)
        #expect(machine.lookups([key, key]) == [.error, .error])
        machine.cache.store(key: key)
        server.resume()
        #expect(eventually { machine.lookups([key]) == [.miss] })
    }

    @Test func `a killed Redis, garbage and a reset are errors and no more`() throws {
        let machine = try Machine(proxy)
        let key = try keys("token").key(of: fingerprint(1))
        for fault in [FaultProxy.Fault.garbage([0]), .reset(afterBytes: 1)] {
            proxy.set(fault)
            #expect(machine.lookups([key]) == [.error])
            proxy.set(.none)
            #expect(eventually { machine.lookups([key]) == [.miss] })
        }
        server.kill()
        #expect(eventually { machine.lookups([key]) == [.error] })
        try server.restart()
        #expect(eventually { machine.lookups([key]) == [.miss] })
    }

    @Test func `what is no key is an error`() throws {
        let machine = try Machine(proxy)
        #expect(machine.lookups([[], [UInt8](repeating: 0, count: 31)]) == [.error, .error])
        machine.store([1])
        #expect(machine.fixture.ask(RedisCommand("DBSIZE")) == .reply(.integer(0)))
    }
}
