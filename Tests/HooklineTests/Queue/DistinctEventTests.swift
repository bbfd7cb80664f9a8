import Redis
import TestSupport
import Testing

@testable import Hookline

/// A queue that says which of a batch were new.
private protocol EventQueue {
    func append(_ webhooks: [Webhook]) throws -> [Bool]
}

extension DeliveryStore: EventQueue {
    fileprivate func append(_ webhooks: [Webhook]) throws -> [Bool] {
        try begin()
        let ids = try append(webhooks.map { ($0, .none) })
        try keepUpIdentities()
        try commit()
        return ids.map { $0 != nil }
    }
}

extension QueueFixture: EventQueue {
    fileprivate func append(_ webhooks: [Webhook]) throws -> [Bool] {
        let outcomes: [Appended] = append(webhooks)
        #expect(outcomes.allSatisfy { $0 == .stored || $0 == .duplicate })
        return outcomes.map { $0 == .stored }
    }
}

/// What is forwarded is the set of distinct events: no event is taken for another's retry, and no
/// retry for an event. On both queues, whatever the order.
@Suite struct DistinctEventTests {
    /// Sequences of each product.
    private static let sequences = Torture.count(300, torture: 50_000)

    /// Hands every request on in batches.
    private func check(_ product: EventSequences.Product, _ queue: some EventQueue) throws {
        var sequences = EventSequences(product, seed: 14)
        var requests = 0
        var forwarded = 0
        var pending: [SequencedRequest] = []
        var taken: Set<Int> = []
        func flush() throws {
            let webhooks = try pending.map {
                try $0.request.webhook(receivedMilliseconds: $0.receivedMilliseconds)
            }
            for (request, isNew) in zip(pending, try queue.append(webhooks)) where isNew {
                forwarded += 1
                taken.insert(request.event)
            }
            pending = []
        }
        for _ in 0..<Self.sequences {
            let next = sequences.next()
            requests += next.count
            pending += next
            if pending.count >= 256 { try flush() }
        }
        try flush()
        #expect(requests > sequences.eventCount)
        #expect(forwarded == sequences.eventCount, "retries were forwarded, or events lost")
        #expect(taken.count == sequences.eventCount, "an event was taken for another's retry")
    }

    @Test(arguments: EventSequences.Product.allCases)
    func `SQLite stores each event once`(product: EventSequences.Product) throws {
        let folder = try TemporaryFolder()
        let store = try DeliveryStore(path: folder.path("store"), synchronousOff: true)
        try check(product, store)
    }

    @Test(.startsPrograms, arguments: EventSequences.Product.allCases)
    func `Redis stores each event once`(product: EventSequences.Product) throws {
        let redis = try RedisServer()
        let fixture = try QueueFixture(.socket(path: redis.socketPath))
        try check(product, fixture)
    }

    /// Twilio's retries are over after 15 s; two minutes later the same content is another event.
    @Test(.startsPrograms) func `the same content later is another event, on both queues`() throws {
        let folder = try TemporaryFolder()
        let store = try DeliveryStore(path: folder.path("store"), synchronousOff: true)
        let redis = try RedisServer()
        let fixture = try QueueFixture(.socket(path: redis.socketPath))
        let times: [(milliseconds: Int64, isNew: Bool)] = [
            (1_000_000, true), (1_000_000, false), (1_119_999, false), (1_120_000, false),
            (1_120_001, true), (1_120_002, false), (1_240_001, false), (1_240_002, true),
            // A clock that was set back a little.
            (1_239_000, false),
        ]
        let click = SampleRequest(["event_type": "click", "link": "L"])
        for (milliseconds, isNew) in times {
            let webhook = try click.webhook(receivedMilliseconds: milliseconds)
            let stored: [Bool] = try store.append([webhook])
            #expect(stored == [isNew], "SQLite at \(milliseconds)")
            let appended: [Bool] = try fixture.append([webhook])
            #expect(appended == [isNew], "Redis at \(milliseconds)")
        }
    }
}
