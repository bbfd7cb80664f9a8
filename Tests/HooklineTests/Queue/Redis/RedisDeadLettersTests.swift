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
        #expect(letters.retry(media.entry, deadlineNanoseconds: soon()) == 1)
        #expect(letters.retry(media.entry, deadlineNanoseconds: soon()) == 0)
        #expect(letters.discard(other.entry, deadlineNanoseconds: soon()) == 1)
        #expect(letters.discard(other.entry, deadlineNanoseconds: soon()) == 0)
        let again = fixture.claim(1)
        #expect(again.sids == ["x"] && again[0].attempt == 1)
        #expect(again[0].webhook.priority == .high)
        #expect(fixture.status { $0.deadLetters == 1 } != nil)

        server.kill()
        #expect(letters.list(after: nil, count: 1, deadlineNanoseconds: soon()) == nil)
        #expect(letters.retry(media.entry, deadlineNanoseconds: soon()) == nil)
    }

    /// Gives these messages up, one after another; returns their entries.
    private func bury(_ fixture: QueueFixture, _ sids: [String]) throws -> [[UInt8]] {
        for sid in sids {
            #expect(fixture.append(sid).count == 1)
            let delivery = try #require(fixture.claim(1).first)
            fixture.queue.record([.deadLetter(id: delivery.id, reason: .gone)])
            #expect(eventually { fixture.queue.leases.count == 0 })
        }
        let all = fixture.queue.deadLetters.list(
            after: nil, count: 10, deadlineNanoseconds: soon())
        return (all ?? []).map(\.entry)
    }

    @Test func `dead letters beyond the limit go, the oldest first`() throws {
        let server = try RedisServer()
        let fixture = try QueueFixture(.socket(path: server.socketPath))
        let entries = try bury(fixture, ["a", "b", "c", "d"])
        #expect(entries.count == 4 && fixture.dropped.all.isEmpty)
        let strict = try QueueFixture(.socket(path: server.socketPath), "b") {
            $0.deadLetters.rowsMax = 2
        }
        let letters = strict.queue.deadLetters
        #expect(
            eventually {
                letters.list(after: nil, count: 10, deadlineNanoseconds: soon())?.map(\.entry)
                    == Array(entries[2...])
            })
        #expect(eventually { strict.dropped.all == [[.count: 2]] })
    }

    @Test func `dead letters that were given up too long ago go`() throws {
        let server = try RedisServer()
        let fixture = try QueueFixture(.socket(path: server.socketPath))
        let entries = try bury(fixture, ["a", "b"])
        #expect(entries.count == 2)
        let strict = try QueueFixture(.socket(path: server.socketPath), "b") {
            $0.deadLetters.retentionMilliseconds = 1
        }
        #expect(strict.status { $0.deadLetters == 0 } != nil)
        #expect(eventually { strict.dropped.all == [[.age: 2]] })
    }
}
