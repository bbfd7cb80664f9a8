import TestSupport
import Testing

@testable import Hookline

@Suite struct DeliveryCatchUpTests {
    private let store: DeliveryStore
    private let folder: TemporaryFolder

    /// Ten messages whose retries are due much later, in another order than they came.
    init() throws {
        folder = try TemporaryFolder()
        store = try DeliveryStore(path: folder.path("store"))
        let store = store
        let webhooks = (0..<10).map { sampleWebhook("m\($0)") }
        _ = try transaction(store) { try webhooks.map { try store.append($0) } }
        let claimed = try transaction(store) { try store.rows.claim(10, nowMilliseconds: 2000) }
        try fail(claimed, at: 5000, due: { 900_000 + ($0 * 7919) % 1000 })
    }

    private func fail(
        _ deliveries: [Delivery], at milliseconds: Int64, due: (Int64) -> Int64
    ) throws {
        let failure = AttemptFailure(milliseconds: milliseconds, status: 500, text: "HTTP 500")
        let changes = deliveries.map {
            DeliveryChange.retry(id: $0.id, dueMilliseconds: due($0.id), failure: failure)
        }
        try transaction(store) { try store.rows.apply(changes) }
    }

    private func claim(_ count: Int, forward: Bool = false, at now: Int64 = 6000) throws
        -> [Delivery]
    {
        try transaction(store) {
            if forward { try store.rows.bringForward(nowMilliseconds: now) }
            return try store.rows.claim(count, nowMilliseconds: now)
        }
    }

    @Test func `what waits is claimed in the order in which it came, due or not`() throws {
        #expect(try claim(10).isEmpty)
        #expect(try claim(4, forward: true).map(\.id) == [1, 2, 3, 4])
        #expect(try claim(9).map(\.id) == [5, 6, 7, 8, 9, 10])
        #expect(try claim(9).isEmpty)
        #expect(store.rows.counts[.normal, .running] == 10)
    }

    @Test func `what fails again on the way waits as long as it should`() throws {
        let first = try claim(3, forward: true)
        try fail(first, at: 6001, due: { 800_000 - $0 })
        #expect(try claim(9).map(\.id) == [4, 5, 6, 7, 8, 9, 10])
        #expect(try claim(9).isEmpty)
        #expect(try claim(9, at: 800_000).map(\.id) == [3, 2, 1])
    }

    @Test func `what comes meanwhile is claimed when the rest is done`() throws {
        _ = try claim(1, forward: true)
        let store = store
        let media = sampleWebhook("new", priority: .high)
        let text = sampleWebhook("text")
        _ = try transaction(store) { try [text, media].map { try store.append($0) } }
        // Media go first all the same.
        #expect(try claim(20).map(\.id) == [12, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    }

    @Test func `a transaction without effect takes nothing out of the order`() throws {
        _ = try claim(2, forward: true)
        try store.begin()
        #expect(try store.rows.claim(3, nowMilliseconds: 6000).map(\.id) == [3, 4, 5])
        store.rollBack()
        #expect(try claim(3).map(\.id) == [3, 4, 5])
    }

    @Test func `an empty store has nothing to bring forward`() throws {
        let store = try DeliveryStore(path: folder.path("empty"))
        let claimed = try transaction(store) {
            try store.rows.bringForward(nowMilliseconds: 1)
            return try store.rows.claim(1, nowMilliseconds: 1)
        }
        #expect(claimed.isEmpty)
    }
}
