import Redis
import TestSupport
import Testing

@testable import Hookline

@Suite(.startsPrograms) struct RedisDeadLettersTests {
    private func soon() -> UInt64 { RedisClock.now() + 20_000_000_000 }

    @Test func `dead letters are listed, retried and thrown away`() throws {
        let server = try RedisServer()
        let fixture = try QueueFixture(.socket(path: server.socketPath))
        _ = fixture.append([sampleWebhook("x", priority: .high), sampleWebhook("y")])
        _ = fixture.append("z")
        for delivery in fixture.claim(3) {
            fixture.queue.record([.deadLetter(id: delivery.id, reason: .expired)])
        }
        #expect(eventually { fixture.queue.leases.count == 0 })
        let letters = fixture.queue.deadLetters
        let all = try #require(letters.list(after: nil, count: 10, deadlineNanoseconds: soon()))
        #expect(all.compactMap(\.webhook).map { [$0[.messageSID]] }.count == 3)
        #expect(all.map(\.reason) == ["expired", "expired", "expired"])
        #expect(all.map(\.attempts) == [1, 1, 1])
        #expect(all.allSatisfy { $0.diedMilliseconds > 1_600_000_000_000 })
        let rest = letters.list(after: all[0].entry, count: 1, deadlineNanoseconds: soon())
        #expect(rest?.map(\.entry) == [all[1].entry])

        let media = try #require(all.first { $0.webhook?.priority == .high })
        let other = try #require(all.first { $0.webhook?.priority == .normal })
        #expect(letters.retry(media.entry, deadlineNanoseconds: soon()) == true)
        #expect(letters.retry(media.entry, deadlineNanoseconds: soon()) == false)
        #expect(letters.discard(other.entry, deadlineNanoseconds: soon()) == true)
        #expect(letters.discard(other.entry, deadlineNanoseconds: soon()) == false)
        let again = fixture.claim(1)
        #expect(again.sids == ["x"] && again[0].attempt == 1)
        #expect(again[0].webhook.priority == .high)
        #expect(fixture.status { $0.deadLetters == 1 } != nil)

        server.kill()
        #expect(letters.list(after: nil, count: 1, deadlineNanoseconds: soon()) == nil)
        #expect(letters.retry(media.entry, deadlineNanoseconds: soon()) == nil)
    }
}
