import POSIX
import Redis
import TestSupport
import Testing

@testable import Hookline

@Suite(.startsPrograms) struct RedisQueueDeskTests {
    private static let later = WallClock.nowMilliseconds() + 3_600_000

    private func ids(_ queue: RedisQueue) throws -> [String: Int64] {
        let rows = try queue.list(DeliveryPage(rowsMax: 20)).rows
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.messageSID ?? "", $0.id) })
    }

    @Test func `what waits is due at once or discarded, and what is being sent stays`() throws {
        let server = try RedisServer()
        let fixture = try QueueFixture(.socket(path: server.socketPath))
        _ = fixture.append("a", "b", "c", "d")
        let claimed = fixture.claim(2)
        #expect(claimed.sids == ["a", "b"])
        fixture.queue.record([.retry(id: claimed[0].id, dueMilliseconds: Self.later)])
        #expect(eventually { fixture.queue.leases.count == 1 })
        let ids = try ids(fixture.queue)
        let (a, b, c) = (try #require(ids["a"]), try #require(ids["b"]), try #require(ids["c"]))
        func change(_ verb: DeskVerb, _ id: Int64, _ mode: DeskMode = .change) throws -> DeskOutcome
        {
            try #require(try fixture.queue.change(verb, [id], mode).first).outcome
        }
        for verb in [DeskVerb.retry, .discard] {
            for mode in [DeskMode.foretell(owed: 0), .change] {
                #expect(try change(verb, b, mode) == .running)
            }
            #expect(try change(verb, a, .foretell(owed: 0)) == .done(isNewlyOwed: false))
            #expect(try change(verb, c, .foretell(owed: 0)) == .done(isNewlyOwed: false))
        }
        #expect(try change(.retry, c) == .done(isNewlyOwed: false))
        #expect(try change(.discard, c) == .done(isNewlyOwed: false))
        #expect(try change(.discard, c) == .missing)
        #expect(try change(.retry, c) == .missing)
        #expect(try change(.retry, a) == .done(isNewlyOwed: false))
        let again = fixture.claim(2)
        #expect(Set(again.sids) == ["a", "d"])
        #expect(again.first { [$0].sids == ["a"] }?.attempt == 2)
        // What was discarded stays seen.
        #expect(fixture.append("c") == [.duplicate])
        fixture.queue.record([.retry(id: again[0].id, dueMilliseconds: Self.later)])
        fixture.queue.record([.retry(id: again[1].id, dueMilliseconds: Self.later)])
        #expect(eventually { fixture.queue.leases.count == 1 })
        let later = try #require(try self.ids(fixture.queue)["d"])
        #expect(try change(.discard, later) == .done(isNewlyOwed: false))
        #expect(try change(.discard, later) == .missing)
        #expect(fixture.status { $0.owed == 2 } != nil)
    }

    @Test func `dead letters that do not fit stay, and a dry run foretells it`() throws {
        let server = try RedisServer()
        let fixture = try QueueFixture(.socket(path: server.socketPath)) { $0.owedMax = 2 }
        _ = fixture.append("a", "b", "c")
        let claimed = fixture.claim(3)
        fixture.queue.record(claimed[..<2].map { .deadLetter(id: $0.id, reason: .gone) })
        #expect(fixture.status { $0.deadLetters == 2 && $0.owed == 1 } != nil)
        let dead = try fixture.queue.list(DeliveryPage(rowsMax: 9, state: .deadLettered)).rows
        let page = DeliveryPage(rowsMax: 9, state: .deadLettered)
        #expect(
            try fixture.queue.change(.retry, [dead[0].id], .foretell(owed: 1)).first?.outcome
                == .full)
        #expect(try fixture.queue.sweep(.retry, page, .foretell(owed: 0)).count == 1)
        #expect(
            try fixture.queue.change(.retry, [dead[0].id], .change).first?.outcome
                == .done(isNewlyOwed: true))
        #expect(fixture.status { $0.owed == 2 } != nil)
        #expect(try fixture.queue.change(.retry, [dead[1].id], .change).first?.outcome == .full)
        #expect(throws: QueueFault.full(owedMax: 2)) {
            try fixture.queue.sweep(.retry, page, .change)
        }
        #expect(try fixture.queue.sweep(.discard, page, .change).count == 1)
        #expect(fixture.status { $0.deadLetters == 0 && $0.owed == 2 } != nil)
    }
}
