import Dispatch
import Redis
import TestSupport
import Testing

@testable import Hookline

/// Appends that count only once a replica has them.
@Suite(.startsPrograms) struct RedisReplicationTests {
    private let master: RedisServer
    private let replica: RedisServer
    private let redis: RedisProbe
    private let copy: RedisProbe

    init() throws {
        master = try RedisServer("repl-diskless-sync-delay 0\n", tcp: true)
        replica = try RedisServer("replicaof 127.0.0.1 \(master.port)\n")
        redis = try RedisProbe(master)
        copy = try RedisProbe(replica)
        let copy = copy
        let isFollowing = try eventually {
            try copy("ROLE").elements?.dropFirst(3).first?.text == "connected"
        }
        #expect(isFollowing)
    }

    private func fixture(
        replicas: Int = 1, budgetMilliseconds: UInt64 = 5000, _ place: RedisURL.Place? = nil
    ) throws -> QueueFixture {
        try QueueFixture(place ?? .socket(path: master.socketPath)) { options in
            options.replicas = replicas
            options.budgetNanoseconds = budgetMilliseconds * 1_000_000
        }
    }

    /// Appends until the replica keeps pace: the machine may be busy.
    private func warmUp(_ fixture: QueueFixture) {
        let isWarm = eventually {
            fixture.queue.isReplicated && fixture.append("warm") != [.unknown]
        }
        #expect(isWarm)
    }

    private func count(_ fixture: QueueFixture, _ line: String) -> Double {
        fixture.page.value(line) ?? -1
    }

    private var stored: RedisReply? { try? copy("XLEN", "{hookline}:queue:normal") }

    private let unanswered =
        "hookline_redis_unanswered_total{role=\"queue\",reason=\"not_replicated\"}"

    @Test func `what is stored is in the replica`() throws {
        let fixture = try fixture()
        for round in 1...20 {
            #expect(fixture.append("x\(round)") == [.stored])
            #expect(stored == .integer(Int64(round)))
        }
        #expect(fixture.append("x1") == [.duplicate])
        #expect(fixture.queue.isReplicated && fixture.page.value(unanswered) == 0)
    }

    @Test func `many appends share few waits`() throws {
        let fixture = try fixture()
        let many = (0..<1000).map { sampleWebhook("x\($0)") }
        #expect(fixture.append(many).allSatisfy { $0 == .stored })
        #expect(stored == .integer(1000))
        let text = try redis("INFO", "commandstats").text ?? ""
        let waits = text.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_wait:calls=") }
        let calls = waits?.dropFirst(19).prefix { $0 != "," }
        #expect((calls.flatMap { Int($0) } ?? .max) < 100)
    }

    @Test func `what a stopped replica has not confirmed is unknown, first time and again`() throws
    {
        let (fixture, other) = (try fixture(budgetMilliseconds: 1000), try fixture())
        warmUp(fixture)
        let errors = "hookline_errors_total{type=\"redis\"}"
        let before = (count(fixture, unanswered), count(fixture, errors))
        replica.pause()
        #expect(fixture.append("x") == [.unknown])
        #expect(!fixture.queue.isReplicated)
        // Redis knows it; the replica does not, so that a spool must keep it.
        #expect(fixture.append("x") == [.unknown])
        // Nor does another machine take it for safe, which has not heard of the replica yet.
        #expect(other.queue.isReplicated)
        #expect(other.append("x") == [.unknown])
        #expect(try redis("XLEN", "{hookline}:queue:normal") == .integer(2))
        // The master works on: what it has is forwarded, and the results are recorded.
        #expect(fixture.claim(2).sids == ["warm", "x"])
        fixture.queue.record(fixture.claimed.map(\.completion))
        #expect(eventually { fixture.queue.leases.count == 0 })
        #expect(fixture.queue.isReady)
        replica.resume()
        #expect(eventually { fixture.queue.isReplicated })
        #expect(count(fixture, unanswered) == before.0 + 2)
        #expect(count(fixture, errors) == before.1 + 1)
        #expect(eventually { fixture.append("x") == [.duplicate] })
    }

    @Test func `while a replica is away one append waits for it, and no other`() throws {
        let fixture = try fixture(budgetMilliseconds: 2500)
        warmUp(fixture)
        replica.pause()
        #expect(fixture.append("x") == [.unknown])
        let started = RedisClock.now()
        for round in 0..<50 { #expect(fixture.append("y\(round)") == [.unknown]) }
        // Fifty waits of a second each would be fifty seconds.
        #expect(RedisClock.now() - started < 25_000_000_000)
        replica.resume()
    }

    @Test func `a refused append needs no replica`() throws {
        let fixture = try fixture()
        #expect(fixture.append("warm") == [.stored])
        replica.pause()
        try redis("CONFIG", "SET", "maxmemory", "1")
        #expect(fixture.append("x") == [.refused])
        replica.resume()
    }

    @Test func `more replicas than there are confirm nothing`() throws {
        let fixture = try fixture(replicas: 2, budgetMilliseconds: 250)
        #expect(fixture.append("x") == [.unknown])
        #expect(eventually { stored == .integer(1) })
    }

    @Test func `a script that the cache has lost is confirmed all the same`() throws {
        let fixture = try fixture()
        #expect(fixture.append("warm") == [.stored])
        try redis("SCRIPT", "FLUSH")
        #expect(fixture.append("x") == [.stored])
        #expect(stored == .integer(2))
        try redis("SCRIPT", "FLUSH")
        replica.pause()
        #expect(fixture.append("y") == [.unknown])
        replica.resume()
    }

    @Test func `a connection that ends before the replicas answer confirms nothing`() throws {
        let fixture = try fixture()
        #expect(fixture.append("warm") == [.stored])
        replica.pause()
        let outcomes = Collected<Appended>()
        let deadline = RedisClock.now() + 60_000_000_000
        let append = RedisQueue.Append(
            webhook: sampleWebhook("x"), deadlineNanoseconds: deadline)
        fixture.queue.append([append]) { outcomes.add([Appended($1)]) }
        let (length, webhook) = (RedisReply.integer(2), "{hookline}:queue:normal")
        #expect(try eventually { try redis("XLEN", webhook) == length })
        // The new connection can hear from the replicas whatever it likes: it is another one.
        try redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        replica.resume()
        #expect(eventually { outcomes.all == [.unknown] })
        #expect(eventually { fixture.append("x") == [.duplicate] })
    }
}
