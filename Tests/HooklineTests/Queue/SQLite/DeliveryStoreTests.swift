import SQLite
import TestSupport
import Testing

@testable import Hookline

@Suite struct DeliveryStoreTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }

    init() throws { folder = try TemporaryFolder() }

    private func webhook(
        _ sid: String, priority: DeliveryPriority = .normal, received: Int64 = 1000
    ) -> Webhook {
        Webhook(
            kind: .message, priority: priority,
            identity: Identity(account: [0x41], messageSID: Array(sid.utf8)[...]),
            receivedMilliseconds: received,
            head: WebhookHead(sample: ["https://h", "/x?y", "a/b", "s", "", "A", sid]),
            body: Array("body".utf8))
    }

    private func append(_ store: DeliveryStore, _ webhooks: [Webhook]) throws -> [Int64?] {
        try transaction(store) { try webhooks.map { try store.append($0) } }
    }

    private func claim(_ store: DeliveryStore, _ count: Int, at now: Int64 = 2000) throws
        -> [Delivery]
    {
        try transaction(store) { try store.rows.claim(count, nowMilliseconds: now) }
    }

    private func sids(_ deliveries: [Delivery]) -> [String] {
        deliveries.map { String(decoding: $0.webhook[.messageSID], as: UTF8.self) }
    }

    @Test func `what is appended is claimed byte for byte`() throws {
        let store = try DeliveryStore(path: path)
        let sent = webhook("a", priority: .high)
        #expect(try append(store, [sent]) == [1])
        let claimed = try #require(try claim(store, 10).first)
        #expect(claimed.id == 1 && claimed.attempt == 1)
        let got = claimed.webhook
        #expect(got.identity == sent.identity && got.kind == .message && got.priority == .high)
        #expect(got.head == sent.head && got.body == sent.body)
        let parts = WebhookHead.Part.allCases.map { String(decoding: got[$0], as: UTF8.self) }
        let noKey = String(repeating: "\0", count: 8)
        #expect(
            parts == ["https://h", "/x?y", "a/b", "s", "", "A", "a", "", "", "", "", noKey])
        #expect(got.receivedMilliseconds == sent.receivedMilliseconds)
        #expect(try claim(store, 10).isEmpty)
    }

    @Test func `X4 an identity is taken once, also after it was delivered and after a restart`()
        throws
    {
        do {
            let store = try DeliveryStore(path: path)
            #expect(try append(store, [webhook("a"), webhook("a"), webhook("b")]) == [1, nil, 2])
            let claimed = try claim(store, 10)
            try transaction(store) { try store.rows.apply(claimed.map(\.completion)) }
            #expect(try append(store, [webhook("a")]) == [nil])
        }
        let store = try DeliveryStore(path: path)
        #expect(try append(store, [webhook("b"), webhook("c")]) == [nil, 3])
        #expect(store.rows.counts.owed == 1)
    }

    @Test func `R8 media goes first and text gets every fourth place`() throws {
        let store = try DeliveryStore(path: path)
        _ = try append(store, (0..<6).map { webhook("t\($0)", received: Int64($0)) })
        _ = try append(store, (0..<8).map { webhook("m\($0)", priority: .high, received: 50) })
        #expect(
            sids(try claim(store, 9)) == ["m0", "m1", "m2", "t0", "m3", "m4", "m5", "t1", "m6"])
        #expect(sids(try claim(store, 9)) == ["m7", "t2", "t3", "t4", "t5"])
    }

    @Test func `every change moves a delivery and the counts with it`() throws {
        let store = try DeliveryStore(path: path)
        _ = try append(store, ["a", "b", "c", "d"].map { webhook($0) })
        let claimed = try claim(store, 4)
        #expect(store.rows.counts[.normal, .running] == 4)
        try transaction(store) {
            try store.rows.apply([
                claimed[0].completion, .retry(id: claimed[1].id, dueMilliseconds: 9000),
                .deadLetter(id: claimed[2].id, reason: .gone), .release(id: claimed[3].id),
            ])
        }
        var expected = DeliveryCounts()
        expected[DeliveryPlace(.normal), .retryable] = 1
        expected[DeliveryPlace(.normal), .deadLettered] = 1
        expected[DeliveryPlace(.normal), .available] = 1
        #expect(store.rows.counts == expected)
        #expect(store.rows.counts.owed == 2)
        #expect(sids(try claim(store, 9, at: 8999)) == ["d"])
        #expect(try store.rows.nextDueMilliseconds() == 9000)
        let again = try claim(store, 9, at: 9000)
        #expect(sids(again) == ["b"] && again[0].attempt == 2)
        // What is gone stays gone: a late change of it does nothing.
        try transaction(store) {
            try store.rows.apply([
                claimed[0].completion, .retry(id: claimed[0].id, dueMilliseconds: 1),
            ])
        }
        #expect(store.rows.counts[.normal, .running] == 2)
        // The counts that are kept are those that counting gives.
        #expect(try countedRows(path) == store.rows.counts)
    }

    @Test func `why a delivery failed last is kept with it, also over a restart`() throws {
        let refused = AttemptFailure(milliseconds: 5000, status: 422, text: "HTTP 422")
        let away = AttemptFailure(milliseconds: 6000, status: nil, text: "connect: no")
        let clock = SimulatedClock()
        do {
            let store = try DeliveryStore(path: path, clock: StoreClock(clock.source))
            _ = try append(store, ["a", "b", "c"].map { webhook($0) })
            let claimed = try claim(store, 3)
            try transaction(store) {
                try store.rows.apply([
                    .retry(id: claimed[0].id, dueMilliseconds: 9000, failure: refused),
                    .deadLetter(id: claimed[1].id, reason: .gone, failure: away),
                ])
            }
            let again = try claim(store, 1, at: 9000)
            try transaction(store) {
                try store.rows.apply([
                    .retry(id: again[0].id, dueMilliseconds: 9900, failure: away)
                ])
            }
        }
        let store = try DeliveryStore(path: path, clock: StoreClock(clock.source))
        let rows = try store.listing.page(DeliveryPage(rowsMax: 9)).rows
        #expect(rows.map(\.lastError) == ["connect: no", "connect: no", nil])
        #expect(rows.map(\.lastStatus) == [nil, nil, nil])
        // It is kept in the store's time, and shown in that of people.
        let shown = Timestamp.text(milliseconds: store.clock.wallMilliseconds(at: 6000))
        #expect(rows[0].lastErrorAt == shown)
        let one = try #require(try store.listing.delivery(1))
        #expect(one.row == rows[0] && one.webhook?.body == Array("body".utf8))
        let claimed = try claim(store, 1)
        try transaction(store) {
            try store.rows.apply([
                .retry(id: claimed[0].id, dueMilliseconds: 9000, failure: refused)
            ])
        }
        #expect(try store.listing.delivery(claimed[0].id)?.row.lastStatus == 422)
        #expect(try store.listing.delivery(claimed[0].id)?.row.lastError == "HTTP 422")
    }

    @Test func `what was claimed and not attempted is owed as before`() throws {
        let store = try DeliveryStore(path: path)
        _ = try append(store, ["a", "b"].map { webhook($0) })
        let claimed = try claim(store, 2)
        try transaction(store) {
            try store.rows.apply([.unclaim(id: claimed[0].id), .unclaim(id: 99)])
        }
        #expect(store.rows.counts[.normal, .available] == 1)
        #expect(store.rows.counts[.normal, .running] == 1)
        let again = try claim(store, 2)
        #expect(sids(again) == ["a"] && again[0].attempt == 1)
        #expect(try countedRows(path) == store.rows.counts)
    }

    @Test func `a claim with the append needs no second look, and is rescued like any other`()
        throws
    {
        do {
            let store = try DeliveryStore(path: path)
            _ = try transaction(store) { try store.append([(webhook("a"), .first)]) }
            #expect(store.rows.counts[.normal, .running] == 1)
            #expect(try claim(store, 1).isEmpty)
        }
        let store = try DeliveryStore(path: path)
        #expect(store.rows.counts[.normal, .available] == 1)
        let claimed = try claim(store, 1)
        #expect(sids(claimed) == ["a"] && claimed[0].attempt == 2)
    }

    @Test func `a transaction that is rolled back leaves nothing`() throws {
        let store = try DeliveryStore(path: path)
        try store.begin()
        _ = try store.append(webhook("a"))
        store.rollBack()
        #expect(store.rows.counts == DeliveryCounts())
        #expect(try append(store, [webhook("a")]).compactMap { $0 }.count == 1)
        #expect(store.rows.counts.owed == 1)
    }

    @Test func `settling completes a message that is stored and keeps one out that is not`() throws
    {
        let store = try DeliveryStore(path: path)
        _ = try append(store, [webhook("a", priority: .high)])
        try transaction(store) {
            try store.settle(SeenMessage(webhook("a")))
            try store.settle(SeenMessage(webhook("b")))
        }
        #expect(store.rows.counts == DeliveryCounts())
        #expect(try append(store, [webhook("a"), webhook("b")]) == [nil, nil])
    }

    @Test func `an event that was settled is told from the next by the time of its receipt`()
        throws
    {
        let store = try DeliveryStore(path: path)
        func event(_ received: Int64) -> Webhook {
            Webhook(
                kind: .other, priority: .normal,
                identity: Identity(account: [0x41], messageSID: Array("e".utf8)[...]),
                receivedMilliseconds: received,
                head: WebhookHead(sample: ["https://h", "/x?y", "a/b", "s", "", "A", "e"]),
                body: Array("body".utf8))
        }
        try transaction(store) { try store.settle(SeenMessage(event(1_000))) }
        #expect(try append(store, [event(100_000)]) == [nil])
        #expect(try append(store, [event(300_000)]).compactMap { $0 }.count == 1)
        // The next one is owed: the first one does not complete it.
        try transaction(store) { try store.settle(SeenMessage(event(1_000))) }
        #expect(store.rows.counts.owed == 1)
    }

    @Test func `pruning forgets what is old and owed no more`() throws {
        let store = try DeliveryStore(path: path)
        _ = try append(
            store,
            [
                webhook("old", received: 1000), webhook("owed", received: 1000),
                webhook("new", received: 5000),
            ])
        let claimed = try claim(store, 3, at: 9000)
        try transaction(store) {
            try store.rows.apply([
                claimed[0].completion, claimed[2].completion,
                .retry(id: claimed[1].id, dueMilliseconds: 9000),
            ])
        }
        store.forgetIdentities(before: 5000)
        while store.forgetsIdentities {
            try transaction(store) { _ = try store.tidyIdentities(count: 10) }
        }
        #expect(
            try append(store, ["old", "owed", "new"].map { webhook($0) }).map { $0 != nil }
                == [true, false, false])
    }

    @Test func `what looks for old identities and finds none writes nothing`() throws {
        let store = try DeliveryStore(path: path)
        _ = try append(store, [webhook("a"), webhook("b")])
        for limit in [Int64(0), 5000] {
            store.forgetIdentities(before: limit)
            try store.begin()
            // Both are owed, and so are kept.
            #expect(try !store.tidyIdentities(count: 10))
            store.rollBack()
        }
        let claimed = try claim(store, 2)
        try transaction(store) { try store.rows.apply(claimed.map(\.completion)) }
        store.forgetIdentities(before: 5000, again: true)
        // The last number stays.
        #expect(try transaction(store) { try store.tidyIdentities(count: 10) })
    }

    @Test func `the log is counted, and a checkpoint empties it`() throws {
        let store = try DeliveryStore(path: path)
        for number in 0..<50 { _ = try append(store, [webhook("a\(number)")]) }
        let frames = store.logFrames
        #expect(frames > 50)
        #expect((folder.bytes("store-wal")?.count ?? 0) >= frames * 4096)
        #expect(try store.checkpoint(truncating: true) == 0)
        #expect(store.logFrames == 0)
        #expect(folder.bytes("store-wal")?.isEmpty == true)
    }

    @Test func `a row whose head is damaged becomes a dead letter and stops nobody`() throws {
        let store = try DeliveryStore(path: path)
        _ = try append(store, [webhook("a"), webhook("b")])
        let other = try Connection(path: path, create: false)
        try other.execute("UPDATE delivery SET head=x'000000ff' WHERE id=1")
        #expect(sids(try claim(store, 2)) == ["b"])
        #expect(store.rows.counts[.normal, .deadLettered] == 1)
    }

    @Test func `a file that is no database is refused and left alone`() throws {
        try folder.write(String(repeating: "no database ", count: 100), to: "store")
        #expect(throws: StoreError.self) { try DeliveryStore(path: path) }
        #expect(folder.text("store").hasPrefix("no database"))
    }
}
