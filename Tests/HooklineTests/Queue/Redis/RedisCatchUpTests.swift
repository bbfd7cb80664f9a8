import Redis
import TestSupport
import Testing

@testable import Hookline

@Suite(.startsPrograms) struct RedisCatchUpTests {
    private let server: RedisServer
    private let fixture: QueueFixture

    /// 500 messages whose retries are due much later, in another order than they came.
    init() throws {
        server = try RedisServer()
        fixture = try QueueFixture(.socket(path: server.socketPath))
        _ = fixture.append((0..<500).map { sampleWebhook("m\($0)", received: Int64(1000 + $0)) })
        let claimed = fixture.claim(500)
        let now = WallClockForTests.milliseconds()
        fixture.queue.record(
            claimed.enumerated().map { index, delivery in
                .retry(
                    id: delivery.id,
                    dueMilliseconds: now + 600_000 + Int64((index * 7919) % 1000))
            })
        #expect(fixture.status { $0.rows[.normal]?.retryable == 500 } != nil)
    }

    @Test func `what waits is claimed in the order in which it came, due or not`() throws {
        fixture.queue.bringForward()
        let claimed = fixture.claim(500)
        #expect(claimed.sids == (0..<500).map { "m\($0)" })
        #expect(claimed.allSatisfy { $0.attempt == 2 })
    }

    @Test func `what fails again on the way waits as long as it should`() throws {
        fixture.queue.bringForward()
        let first = fixture.claim(3)
        #expect(first.sids == ["m0", "m1", "m2"])
        let later = WallClockForTests.milliseconds() + 600_000
        fixture.queue.record(first.map { .retry(id: $0.id, dueMilliseconds: later) })
        #expect(fixture.claim(497).sids == (3..<500).map { "m\($0)" })
        #expect(fixture.status { $0.rows[.normal]?.retryable == 3 } != nil)
        fixture.queue.want(1)
        _ = fixture.append("new")
        #expect(eventually { fixture.claimed.last.map { [$0].sids } == ["new"] })
    }
}
