import Redis
import TestSupport
import Testing

@testable import Hookline

/// Redis's own clock is stepped: nothing gets older by it, and nothing waits for it.
@Suite struct RedisClockTests {
    private static let hour: Int64 = 3600
    private static let tenYears: Int64 = 3650 * 86_400
    private let server: RedisServer
    private let steps: ClockSteps

    init() throws {
        server = try RedisServer(hasClockSteps: true)
        steps = try #require(server.steps)
    }

    private func fixture(_ consumer: String = "a", lease: Int64 = 30_000) throws -> QueueFixture {
        try QueueFixture(.socket(path: server.socketPath), consumer) {
            $0.leaseMilliseconds = lease
        }
    }

    @Test(arguments: [hour, -hour, tenYears, -tenYears])
    func `a retry is made in time, and its message is as young as it is`(seconds: Int64) throws {
        let fixture = try fixture()
        #expect(fixture.append("x") == [.stored])
        let first = try #require(fixture.claim(1).first)
        let clock = fixture.clock
        #expect((0..<60_000).contains(clock.nowMilliseconds - first.owedSinceMilliseconds))
        let due = clock.nowMilliseconds + 1500
        fixture.queue.record([.retry(id: first.id, dueMilliseconds: due)])
        #expect(fixture.status { $0.rows[.normal]?.retryable == 1 } != nil)
        try steps.step(to: seconds)
        fixture.queue.want(1)
        #expect(eventually(seconds: 5) { fixture.claimed.count == 2 })
        let second = try #require(fixture.claimed.last)
        #expect(second.attempt == 2)
        // At most an hour of a step forward is counted.
        let age = clock.nowMilliseconds - second.owedSinceMilliseconds
        #expect(age >= 0 && age < 60_000 + (seconds > 0 ? 3_600_000 : 0))
        // The clock is set right again, and the next retry is not lost in the future.
        fixture.queue.record([
            .retry(id: second.id, dueMilliseconds: clock.nowMilliseconds + 1500)
        ])
        #expect(fixture.status { $0.rows[.normal]?.retryable == 1 } != nil)
        try steps.step(to: 0)
        fixture.queue.want(1)
        #expect(eventually(seconds: 5) { fixture.claimed.count == 3 })
        fixture.queue.record(fixture.claimed.suffix(1).map(\.completion))
        #expect(fixture.isEmpty)
    }

    @Test func `the leases of a process that died end though the clock was set back`() throws {
        do {
            let dead = try fixture("dead", lease: 2000)
            #expect(dead.append("x") == [.stored])
            _ = dead.claim(1)
        }
        try steps.step(to: -Self.tenYears)
        let other = try fixture("other", lease: 2000)
        other.queue.want(1)
        #expect(eventually { other.claimed.sids == ["x"] })
    }
}
