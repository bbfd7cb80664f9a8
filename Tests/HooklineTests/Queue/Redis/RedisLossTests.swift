import Redis
import TestSupport
import Testing

@testable import Hookline

/// What Redis loses after it had confirmed it is noticed, counted, and no reason to stop.
@Suite(.startsPrograms) struct RedisLossTests {
    private let server: RedisServer
    private let redis: RedisProbe
    private var place: RedisURL.Place { .socket(path: server.socketPath) }

    init() throws {
        server = try RedisServer()
        redis = try RedisProbe(server)
    }

    private func lost(_ fixture: QueueFixture) -> [Double?] {
        [
            fixture.page.value("hookline_redis_queue_losses_total"),
            fixture.page.value("hookline_redis_queue_lost_messages_total"),
        ]
    }

    @Test func `an emptied Redis is noticed by every machine, and work goes on`() throws {
        let (one, two) = (try QueueFixture(place), try QueueFixture(place, "b"))
        _ = one.append("x", "y", "z")
        #expect(one.status { $0.owed == 3 } != nil && two.status { $0.owed == 3 } != nil)
        two.queue.want(1)
        #expect(eventually { two.claimed.count == 1 })
        try redis("FLUSHALL")
        #expect(eventually { lost(one) == [1, 3] && lost(two) == [1, 3] })
        #expect(one.append("new") == [.stored])
        #expect(one.claim(1).sids == ["new"])
        one.queue.record(one.claimed.map(\.completion))
        #expect(one.status { $0.owed == 0 } != nil)
        #expect(lost(one) == [1, 3] && lost(two) == [1, 3], "one loss is counted once")
    }

    @Test func `what a process had in hand when Redis was emptied is owed again`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("retried", "released", "completed")
        let claimed = fixture.claim(3)
        try redis("FLUSHALL")
        #expect(eventually { lost(fixture)[0] == 1 })
        fixture.queue.record([
            .retry(id: claimed[0].id, dueMilliseconds: 0), .release(id: claimed[1].id),
            claimed[2].completion,
        ])
        let again = fixture.claim(2)
        #expect(again.sids == ["retried", "released"] && again.map(\.attempt) == [2, 1])
        fixture.queue.record(again.map(\.completion))
        #expect(fixture.isEmpty)
        #expect(eventually { fixture.queue.leases.count == 0 })
    }

    @Test func `an empty Redis in the place of the old one is noticed after a restart too`() throws
    {
        let epochs = Collected<[UInt8]>()
        let before = try QueueFixture(place)
        #expect(before.append("x") == [.stored])
        #expect(eventually { before.queue.epoch != nil })
        let known = try #require(before.queue.epoch)
        before.queue.stop(deadlineNanoseconds: RedisClock.now() + 5_000_000_000)
        try redis("FLUSHALL")
        let after = try QueueFixture(place, "b") { $0.knownEpoch = known }
        #expect(eventually { lost(after)[0] == 1 })
        #expect(eventually { after.queue.epoch != nil && after.queue.epoch != known })
        epochs.add([known])
    }

    @Test func `what came into the new data before the loss was noticed is not lost`() {
        let ledger = RedisLossDetector(knownEpoch: [1])
        ledger.counted(owed: 2)
        // Redis was emptied; two appends arrive before anybody looks, and one after.
        #expect(ledger.appended(total: 1, epoch: nil) == nil)
        #expect(ledger.appended(total: 2, epoch: [2]) == nil)
        #expect(ledger.seen(epoch: [2], appends: 2) == .init(messages: 2, isTotal: true))
        #expect(ledger.appended(total: 3, epoch: [2]) == nil)
        #expect(ledger.seen(epoch: [3], appends: 0) == .init(messages: 1, isTotal: true))
    }

    @Test func `a Redis that was set back is noticed, and by how much`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append((0..<5).map { sampleWebhook("x\($0)") })
        // As a failover to a replica that had not heard of the last three.
        try redis("HSET", "{hookline}:appends", "a", "2")
        #expect(fixture.append("y") == [.stored])
        #expect(lost(fixture) == [1, 3])
        #expect(fixture.append("z") == [.stored])
        #expect(lost(fixture) == [1, 3])
        try redis("HSET", "{hookline}:appends", "a", "1")
        try redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        #expect(eventually { lost(fixture) == [2, 6] }, "a new connection asks")
    }

    @Test func `entries that somebody deleted are lost and no obstacle`() throws {
        let gone = try QueueFixture(place, "gone")
        _ = gone.append("x", "y")
        _ = gone.claim(2)
        let entries = try redis("XRANGE", "{hookline}:queue:normal", "-", "+").elements ?? []
        let first = try #require(entries.first?.elements?.first?.text)
        try redis("XDEL", "{hookline}:queue:normal", first)
        gone.queue.stopClaiming()
        let other = try QueueFixture(place, "other") { $0.leaseMilliseconds = 1 }
        #expect(other.claim(1).sids == ["y"])
        #expect(eventually { lost(other) == [1, 1] })
    }
}
