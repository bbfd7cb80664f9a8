import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import Redis

@Suite(.startsPrograms) struct SentinelLookupTests {
    private let waker: RedisWaker
    /// Nobody needs to listen there: a sentinel says where the master is, reachable or not.
    private let masterPort: UInt16 = 6500

    init() throws { waker = try RedisWaker() }

    private func sentinel(_ configuration: String = "") throws -> SentinelServer {
        try SentinelServer(watching: "m", port: masterPort, configuration: configuration)
    }

    private func place(_ port: UInt16, host: String = "127.0.0.1") -> RedisURL.Sentinel {
        RedisURL.Sentinel(host: host, port: port)
    }

    /// What becomes of asking these, in this order.
    private func ask(
        _ sentinels: [RedisURL.Sentinel], master: String = "m",
        configure: (inout SentinelLookup.Options) -> Void = { _ in }
    ) -> Result<[RedisEndpoint], RedisError>? {
        var options = SentinelLookup.Options(sentinels, master: master)
        // Long enough for a busy machine; tests of a limit set it lower.
        options.timeoutNanoseconds = 10_000_000_000
        configure(&options)
        return ask(SentinelLookup(options))
    }

    private func ask(_ lookup: SentinelLookup) -> Result<[RedisEndpoint], RedisError>? {
        lookup.begin(waker: waker)
        #expect(waker.wait(untilNanoseconds: RedisClock.now() + 60_000_000_000))
        return lookup.take()
    }

    private func text(_ result: Result<[RedisEndpoint], RedisError>?) -> String {
        guard case .failure(let error)? = result else { return "no failure" }
        return "\(error)"
    }

    private var found: Result<[RedisEndpoint], RedisError> {
        .success([.tcp(address: "127.0.0.1", port: masterPort)])
    }

    @Test func `the first sentinel that answers says where the master is, once`() throws {
        let sentinel = try sentinel()
        let closed = try LoopbackSocket.closedPort()
        var options = SentinelLookup.Options([place(closed), place(sentinel.port)], master: "m")
        options.timeoutNanoseconds = 10_000_000_000
        let lookup = SentinelLookup(options)
        #expect(lookup.take() == nil)
        #expect(ask(lookup) == found)
        #expect(lookup.take() == nil)
        #expect(ask(lookup) == found)
    }

    @Test func `one that is silent costs its time and no more`() throws {
        let (silent, good) = (try sentinel(), try sentinel())
        silent.pause()
        defer { silent.resume() }
        let result = ask([place(silent.port), place(good.port)]) {
            $0.timeoutNanoseconds = 1_000_000_000
        }
        #expect(result == found)
        let nobody = text(ask([place(silent.port)]) { $0.timeoutNanoseconds = 30_000_000 })
        #expect(nobody.contains("127.0.0.1:\(silent.port): no answer in time"))
    }

    @Test func `a failure says of every sentinel what was wrong`() throws {
        let sentinel = try sentinel()
        let redis = try RedisServer(tcp: true)
        let closed = try LoopbackSocket.closedPort()
        let failure = text(
            ask([place(closed), place(sentinel.port), place(redis.port)], master: "other"))
        #expect(failure.contains("no sentinel says where the master is"))
        #expect(failure.contains("127.0.0.1:\(closed): Connection refused"))
        #expect(failure.contains("127.0.0.1:\(sentinel.port): it knows no master of this name"))
        #expect(failure.contains("127.0.0.1:\(redis.port): ERR unknown command"))
    }

    @Test func `a sentinel that wants a password gets it, and a failure does not hold it`() throws {
        let sentinel = try sentinel("requirepass secret\n")
        func ask(_ password: String?) -> Result<[RedisEndpoint], RedisError>? {
            self.ask([place(sentinel.port)]) { options in
                options.credentials = password.map { RedisCredentials(password: Array($0.utf8)) }
            }
        }
        #expect(ask("secret") == found)
        #expect(text(ask(nil)).contains("NOAUTH"))
        #expect(text(ask("wrong")).contains("WRONGPASS"))
        #expect(!text(ask("wrong")).contains("wrong "))
    }

    @Test func `a sentinel that wants no password works with one`() throws {
        let sentinel = try sentinel()
        let result = ask([place(sentinel.port)]) { options in
            options.credentials = RedisCredentials(user: "u", password: [0x78])
        }
        #expect(result == found)
    }

    @Test(arguments: [
        "*2\r\n$9\r\n127.0.0.1\r\n$1\r\n0\r\n", "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n65536\r\n",
        "*2\r\n$0\r\n\r\n$4\r\n6379\r\n", "*1\r\n$9\r\n127.0.0.1\r\n", "+OK\r\n",
        "HTTP/1.1 400\r\n",
    ])
    func `an answer that is no address is none`(answer: String) throws {
        let redis = try RedisServer()
        let proxy = try FaultProxy(upstream: redis.socketPath)
        proxy.set(.garbage(Array(answer.utf8)))
        let result = ask([place(proxy.port)])
        #expect(text(result).contains("no sentinel says where the master is"))
        let sentinel = try sentinel()
        #expect(ask([place(proxy.port), place(sentinel.port)]) == found)
    }

    @Test func `sentinels and masters may have names, of several addresses`() throws {
        let redis = try RedisServer()
        let proxy = try FaultProxy(upstream: redis.socketPath)
        proxy.set(.garbage(Array("*2\r\n$8\r\nmaster.x\r\n$4\r\n6379\r\n".utf8)))
        let result = ask([place(proxy.port, host: "sentinel.x")]) { options in
            options.resolver = { name in
                .success(
                    name == "master.x" ? ["192.0.2.1", "192.0.2.2"] : ["127.0.0.2", "127.0.0.1"])
            }
        }
        let both = ["192.0.2.1", "192.0.2.2"].map { RedisEndpoint.tcp(address: $0, port: 6379) }
        #expect(result == .success(both))
    }

    @Test func `a resolver that hangs costs one thread, and the next sentinel is asked`() throws {
        let sentinel = try sentinel()
        let release = DispatchSemaphore(value: 0)
        let lookups = Mutex(0)
        var options = SentinelLookup.Options([place(sentinel.port, host: "slow.x")], master: "m")
        options.timeoutNanoseconds = 20_000_000
        options.resolver = { _ in
            lookups.withLock { $0 += 1 }
            release.wait()
            return .success(["127.0.0.1"])
        }
        let lookup = SentinelLookup(options)
        for _ in 0..<3 { #expect(text(ask(lookup)).contains("slow.x:\(sentinel.port): no answer")) }
        #expect(lookups.withLock { $0 } == 1)
        release.signal()
        #expect(eventually { ask(lookup) == found })
        #expect(lookups.withLock { $0 } <= 2)
    }

    @Test func `what nobody took in time is asked anew`() throws {
        let sentinel = try sentinel()
        let result = ask([place(sentinel.port)]) { $0.freshNanoseconds = 0 }
        #expect(result == nil)
    }

    @Test func `while it asks, it is not begun again`() throws {
        let release = DispatchSemaphore(value: 0)
        let lookups = Mutex(0)
        var options = SentinelLookup.Options([place(1, host: "slow.x")], master: "m")
        options.timeoutNanoseconds = 60_000_000_000
        options.resolver = { _ in
            lookups.withLock { $0 += 1 }
            release.wait()
            return .failure(.unresolved("no such host"))
        }
        let lookup = SentinelLookup(options)
        lookup.begin(waker: waker)
        #expect(eventually { lookups.withLock { $0 } == 1 })
        for _ in 0..<3 { lookup.begin(waker: waker) }
        #expect(lookup.take() == nil)
        for round in 1...2 {
            release.signal()
            #expect(waker.wait(untilNanoseconds: RedisClock.now() + 60_000_000_000))
            #expect(text(lookup.take()).contains("slow.x:1: no such host"))
            #expect(lookups.withLock { $0 } == round)
            if round == 1 {
                lookup.begin(waker: waker)
                #expect(eventually { lookups.withLock { $0 } == 2 })
            }
        }
    }
}
