import POSIX
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Hookline

/// Tokens that a real Redis holds.
@Suite(.startsPrograms) struct TokensRedisHashTests {
    private let server: RedisServer
    private let redis: RedisProbe
    private let account = "AC" + String(repeating: "0f", count: 16)
    private let key = "hookline:tokens"

    init() throws {
        server = try RedisServer()
        redis = try RedisProbe(server)
    }

    private func fixture(
        configure: (inout RedisClient.Options) -> Void = { _ in }
    ) throws -> RedisClientFixture {
        let fixture = try RedisClientFixture(.socket(path: server.socketPath)) { options in
            let breaker = options.breaker
            options = .tokens(
                options.url, credentials: options.credentials,
                budgetNanoseconds: options.budgetNanoseconds)
            options.breaker = breaker
            configure(&options)
        }
        #expect(fixture.isReady)
        return fixture
    }

    private func ask(
        _ fixture: RedisClientFixture, of account: String? = nil,
        within milliseconds: UInt64 = 20_000,
        isCancelled: () -> Bool = { false }
    ) -> Result<[String], TokenSourceError> {
        let source = TokensRedisHash(key: key, link: fixture.link)
        let asked = Array((account ?? self.account).utf8)
        let deadline = MonotonicClock.now() + milliseconds * 1_000_000
        return Result { () throws(TokenSourceError) in
            try source.tokens(
                of: asked, deadlineNanoseconds: deadline, isCancelled: isCancelled)
        }.map { $0.map { String(decoding: $0.bytes, as: UTF8.self) } }
    }

    private func failure(_ result: Result<[String], TokenSourceError>) -> TokenSourceError? {
        if case .failure(let error) = result { return error }
        return nil
    }

    @Test(
        arguments: [
            ("one", ["one"]), ("first,second", ["first", "second"]),
            (" first \t\r\n second,, third\n", ["first", "second", "third"]),
            ("1,2,3,4,5,6,7,8", ["1", "2", "3", "4", "5", "6", "7", "8"]),
            (String(repeating: "x", count: 4096), [String(repeating: "x", count: 4096)]),
        ] as [(String, [String])])
    func `the tokens of an account are found, first token first`(
        field: String, tokens: [String]
    ) throws {
        try redis("HSET", key, account, field)
        #expect(try ask(fixture()) == .success(tokens))
    }

    @Test func `an account without a field is not known, with a hash or without`() throws {
        let fixture = try fixture()
        #expect(ask(fixture) == .success([]))
        try redis("HSET", key, "AC" + String(repeating: "1", count: 32), "token")
        #expect(ask(fixture) == .success([]))
    }

    @Test func `what is no account SID never reaches Redis`() throws {
        let fixture = try fixture()
        try redis("HSET", key, "other", "token")
        #expect(ask(fixture, of: "other") == .success([]))
        #expect(ask(fixture, of: "AC" + String(repeating: "g", count: 32)) == .success([]))
        let asked = try redis("INFO", "commandstats").text?.contains("cmdstat_hget")
        #expect(asked == false)
    }

    @Test(arguments: [
        "", " ,\n", "caf\u{e9}-secret", "secret\u{0}", "secret\u{7f}", "1 2 3 4 5 6 7 8 secret",
        String(repeating: "secret", count: 683),
    ])
    func `a field that is no list of tokens is malformed, and not shown`(field: String) throws {
        try redis("HSET", key, account, field)
        let error = try #require(failure(ask(try fixture())))
        #expect(error.reason == .malformed)
        #expect(error.sentence.contains("a field in Redis is not a list of 1 to 8 tokens"))
        #expect(!error.sentence.contains("secret") && !error.sentence.contains(account))
    }

    @Test func `a key that is no hash is a failure that says so`() throws {
        try redis("SET", key, "token")
        let error = try #require(failure(ask(try fixture())))
        #expect(error.reason == .failed && error.sentence.contains("WRONGTYPE"))
        #expect(!error.sentence.contains(account))
    }

    @Test func `a user who may not read the hash is a failure that says so`() throws {
        try redis("ACL", "SETUSER", "u", "on", ">secret", "+@all", "~other")
        let fixture = try fixture {
            $0.credentials = RedisCredentials(user: "u", password: Array("secret".utf8))
        }
        let error = try #require(failure(ask(fixture)))
        #expect(error.reason == .failed && error.sentence.contains("NOPERM"))
        #expect(!error.sentence.contains(account))
    }

    @Test func `a Redis that stands still is a timeout, in time`() throws {
        let fixture = try fixture()
        try redis("HSET", key, account, "token")
        server.pause()
        #expect(failure(ask(fixture, within: 50))?.reason == .timeout)
        server.resume()
        #expect(eventually { ask(fixture) == .success(["token"]) })
    }

    @Test func `a Redis that is gone is a failure at once, until it is back`() throws {
        let fixture = try fixture()
        server.kill()
        #expect(fixture.opens)
        let error = try #require(failure(ask(fixture, within: 600_000)))
        #expect(error.reason == .failed && error.sentence.contains("not asked"))
        try server.restart()
        #expect(fixture.isReady)
        #expect(ask(fixture) == .success([]))
    }

    @Test func `a connection that ends under a question is a failure`() throws {
        let proxy = try FaultProxy(upstream: server.socketPath)
        let fixture = try fixture {
            $0.url = RedisURL(place: .host("127.0.0.1", port: proxy.port))
            // No check comes between a fault and the question that is to meet it.
            $0.checkNanoseconds = .max / 2
        }
        proxy.set(.reset(afterBytes: 0))
        let error = try #require(failure(ask(fixture)))
        #expect(error.reason == .failed && error.sentence.contains("connection"))
        proxy.set(.none)
        #expect(fixture.isReady)
        proxy.set(.garbage(Array("+OK\r\n".utf8)))
        #expect(failure(ask(fixture))?.reason == .malformed)
    }

    @Test func `nobody waits on who is cancelled`() throws {
        let fixture = try fixture()
        server.pause()
        defer { server.resume() }
        let turns = Mutex(0)
        let result = ask(fixture, within: 600_000) {
            turns.withLock { turns in
                turns += 1
                return turns > 2
            }
        }
        #expect(failure(result)?.reason == .timeout)
    }

    @Test func `a fetcher notes what Redis says, and goes on after it failed`() throws {
        let fixture = try fixture()
        let tokens = Tokens(
            TokenTable(), hasSource: true, options: Tokens.Options(failureNanoseconds: 1))
        let arrivals = Collected<[UInt8]>()
        let folder = try TemporaryFolder()
        let log = Log(format: .text, level: .critical)
        let fetcher = TokenFetcher(
            source: TokensRedisHash(key: key, link: fixture.link),
            options: TokenFetcher.Options(concurrency: 2, timeoutNanoseconds: 20_000_000_000),
            tokens: tokens, known: KnownAccounts(path: folder.path("known"), log: log),
            metrics: fixture.page.metrics, log: log, arrived: { arrivals.add([$0]) })
        try fetcher.start()
        defer { fetcher.stop() }
        let asked = Array(account.utf8)
        try redis("SET", key, "no hash")
        fetcher.fetch(asked)
        #expect(eventually { arrivals.all.count == 1 })
        #expect(tokens.lookup(asked[...]).keys.isEmpty)
        let results = ["failed", "found"].map { "hookline_token_fetches_total{result=\"\($0)\"}" }
        #expect(results.map { fixture.page.value($0) } == [1, 0])
        try redis("DEL", key)
        try redis("HSET", key, account, "first,second")
        fetcher.fetch(asked)
        #expect(eventually { arrivals.all.count == 2 })
        #expect(tokens.lookup(asked[...]).keys.count == 2)
        #expect(results.map { fixture.page.value($0) } == [1, 1])
    }
}
