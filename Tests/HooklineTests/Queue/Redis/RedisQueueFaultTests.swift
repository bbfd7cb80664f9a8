import Dispatch
import Redis
import TestSupport
import Testing

@testable import Hookline

/// The shared queue when Redis fails it, between any two steps.
@Suite(.startsPrograms) struct RedisQueueFaultTests {
    private let server: RedisServer
    private let redis: RedisProbe
    private var place: RedisURL.Place { .socket(path: server.socketPath) }

    init() throws {
        server = try RedisServer("appendonly yes\nappendfsync always\n")
        redis = try RedisProbe(server)
    }

    @Test func `what was confirmed is there after a kill, wherever it stood`() throws {
        let before = try QueueFixture(place, "before")
        #expect(
            before.append("available", "running", "retryable", "dead", "done")
                .allSatisfy { $0 == .stored })
        var claimed: [String: Delivery] = [:]
        for delivery in before.claim(5) { claimed[[delivery].sids[0]] = delivery }
        func id(_ sid: String) throws -> Int64 { try #require(claimed[sid]).id }
        before.queue.record([
            .release(id: try id("available")),
            .retry(id: try id("retryable"), dueMilliseconds: .max / 2),
            .deadLetter(id: try id("dead"), reason: .expired),
            try #require(claimed["done"]).completion,
        ])
        #expect(before.status { $0.owed == 3 && $0.deadLetters == 1 } != nil)
        before.queue.stopClaiming()
        server.kill()
        try server.restart()
        let after = try QueueFixture(place, "after") { $0.predecessor = "before" }
        let status = after.status { $0.owed == 3 }
        #expect(status?.rows[.normal]?.retryable == 1 && status?.deadLetters == 1)
        #expect(Set(after.claim(2).sids) == ["available", "running"])
        let all = ["available", "running", "retryable", "dead", "done"]
        #expect(after.append(all.map { sampleWebhook($0) }).allSatisfy { $0 == .duplicate })
        #expect(after.page.value("hookline_redis_queue_losses_total") == 0)
    }

    @Test func `an append that nobody answered is unknown, and once in the queue`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("warm")
        server.pause()
        #expect(fixture.append([sampleWebhook("x")], within: 500) == [.unknown])
        server.resume()
        #expect(fixture.append("x") == [.duplicate])
        #expect(try redis("XLEN", "{hookline}:queue:normal") == .integer(2))
    }

    @Test func `an append to a Redis that is away is refused`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("warm")
        server.kill()
        #expect(eventually { fixture.append("x") == [.refused] })
        #expect(eventually { !fixture.queue.isReady })
        #expect(fixture.append("x") == [.refused])
        try server.restart()
        #expect(eventually { fixture.append("x") == [.stored] })
    }

    @Test func `what became of a delivery is written when Redis is back`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("x", "y", "z")
        let claimed = fixture.claim(3)
        server.kill()
        #expect(eventually { !fixture.queue.isReady })
        fixture.queue.record([
            claimed[0].completion, .retry(id: claimed[1].id, dueMilliseconds: .max / 2),
            .deadLetter(id: claimed[2].id, reason: .gone),
        ])
        try server.restart()
        let status = fixture.status { $0.owed == 1 && $0.deadLetters == 1 }
        #expect(status?.rows[.normal]?.retryable == 1)
        #expect(eventually { fixture.queue.leases.count == 0 })
    }

    @Test func `a result whose answer was lost is not recorded twice`() throws {
        let proxy = try FaultProxy(upstream: server.socketPath)
        let fixture = try QueueFixture(.host("127.0.0.1", port: proxy.port)) {
            // Nothing but the results is to be answered when answers get lost.
            $0.pollMilliseconds = 600_000
        }
        _ = fixture.append("x", "y", "z")
        let claimed = fixture.claim(3)
        // Redis does what it is told, and nobody hears.
        proxy.set(.reset(afterBytes: 0))
        fixture.queue.record([
            claimed[0].completion, .retry(id: claimed[1].id, dueMilliseconds: .max / 2),
            .deadLetter(id: claimed[2].id, reason: .gone),
        ])
        #expect(try eventually { try redis("XLEN", "{hookline}:queue:normal") == .integer(0) })
        // Even when what tells repetitions apart has expired meanwhile.
        for mark in try marks() { try redis.run(RedisCommand("DEL").with(mark)) }
        #expect(try marks() == [])
        proxy.set(.none)
        #expect(eventually { fixture.queue.leases.count == 0 })
        #expect(try redis("ZCARD", "{hookline}:due:normal") == .integer(1))
        #expect(try redis("XLEN", "{hookline}:dead") == .integer(1))
        #expect(try redis("XLEN", "{hookline}:queue:normal") == .integer(0))
    }

    @Test func `a full Redis refuses messages without a trace and can be worked off`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("x", "y", "z", "due")
        var claimed = fixture.claim(4)
        let due = claimed.removeLast()
        fixture.queue.record([.retry(id: due.id, dueMilliseconds: 0)])
        #expect(
            fixture.status {
                $0.rows[.normal] == .init(available: 1, running: 3, oldestMilliseconds: 1000)
            } != nil)
        try redis("CONFIG", "SET", "maxmemory", "1")
        #expect(fixture.append("new") == [.refused])
        let mark = RedisQueueKeys().seen(sampleWebhook("new").identity)
        #expect(try marks().contains(mark) == false)
        fixture.queue.record([
            claimed[0].completion, .retry(id: claimed[1].id, dueMilliseconds: .max / 2),
            .deadLetter(id: claimed[2].id, reason: .gone),
        ])
        #expect(fixture.claim(1).sids == ["due"])
        #expect(eventually { fixture.queue.leases.count == 1 })
        #expect(fixture.status { $0.deadLetters == 1 }?.rows[.normal]?.retryable == 1)
        #expect(fixture.queue.isReady)
        try redis("CONFIG", "SET", "maxmemory", "0")
        #expect(fixture.append("new") == [.stored])
    }

    @Test func `an append that fails half-way leaves no mark behind`() throws {
        let fixture = try QueueFixture(place)
        #expect(fixture.status { $0.epoch != nil } != nil)
        try redis("DEL", "{hookline}:queue:normal")
        try redis("SET", "{hookline}:queue:normal", "not a stream")
        #expect(fixture.append("x") == [.refused])
        try redis("DEL", "{hookline}:queue:normal")
        #expect(fixture.append("x") == [.stored])
        #expect(fixture.claim(1).sids == ["x"])
    }

    private func marks() throws -> [[UInt8]] {
        try redis("KEYS", "{hookline}:seen:*").elements?.compactMap(\.bytes) ?? []
    }

    @Test func `scripts that the cache has lost are sent whole`() throws {
        let fixture = try QueueFixture(place)
        for round in 0..<3 {
            try redis("SCRIPT", "FLUSH")
            #expect(fixture.append("x\(round)") == [.stored])
            try redis("SCRIPT", "FLUSH")
            let claimed = fixture.claim(1)
            try redis("SCRIPT", "FLUSH")
            fixture.queue.record(claimed.map(\.completion))
            #expect(fixture.isEmpty)
        }
    }

    @Test func `a group that was destroyed is made anew, and what was in its hands comes again`()
        throws
    {
        let fixture = try QueueFixture(place)
        _ = fixture.append("x", "y")
        let first = fixture.claim(1)
        try redis("XGROUP", "DESTROY", "{hookline}:queue:normal", "hookline")
        let again = fixture.claim(2)
        #expect(again.sids == ["x", "y"])
        fixture.queue.record(again.map(\.completion) + first.map(\.completion))
        #expect(fixture.isEmpty)
    }

    @Test func `writes that are paused make appends unknown and open the breaker`() throws {
        let fixture = try QueueFixture(place) { $0.budgetNanoseconds = 3_000_000_000 }
        _ = fixture.append("warm")
        try redis("CLIENT", "PAUSE", "60000", "WRITE")
        #expect(fixture.append([sampleWebhook("x")], within: 700) == [.unknown])
        #expect(eventually { !fixture.queue.isReady })
        #expect(fixture.append("x") == [.refused])
        try redis("CLIENT", "UNPAUSE")
        #expect(eventually { fixture.append("x") == [.duplicate] })
    }

    @Test func `more results than the writer takes at once are written after an outage`() throws {
        let fixture = try QueueFixture(place)
        for part in 0..<5 {
            _ = fixture.append((0..<1000).map { sampleWebhook("m\(part)-\($0)") })
        }
        let claimed = fixture.claim(5000)
        server.kill()
        #expect(eventually { !fixture.queue.isReady })
        for change in claimed.map(\.completion) { fixture.queue.record([change]) }
        try server.restart()
        #expect(fixture.isEmpty)
    }

    @Test func `10,000 appends of one message from several connections are one entry`() throws {
        let machines = try ["a", "b", "c", "d"].map { try QueueFixture(place, $0) }
        let outcomes = Collected<Appended>()
        DispatchQueue.concurrentPerform(iterations: 4) { index in
            let webhooks = Array(repeating: sampleWebhook("x"), count: 2500)
            outcomes.add(machines[index].append(webhooks))
        }
        #expect(outcomes.all.filter { $0 == .stored }.count == 1)
        #expect(outcomes.all.filter { $0 == .duplicate }.count == 9999)
        #expect(try redis("XLEN", "{hookline}:queue:normal") == .integer(1))
    }
}
