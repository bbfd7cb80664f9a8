import SQLite
import TestSupport
import Testing

@testable import Hookline

/// What is written together is written as if it came alone.
@Suite struct StoreBatchTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var path: String { folder.path("store") }

    private func webhook(_ number: Int) -> Webhook {
        Webhook(
            kind: number % 7 == 0 ? .statusCallback : .message,
            priority: number % 5 == 0 ? .high : .normal,
            identity: Identity(account: [0x41], messageSID: Array("SM\(number)".utf8)[...]),
            receivedMilliseconds: Int64(1000 + number),
            head: WebhookHead(sample: ["https://h", "/x", "a/b", "s", "", "A", "SM\(number)"]),
            body: Array(repeating: UInt8(truncatingIfNeeded: number), count: number % 90))
    }

    /// Appends webhooks, of which every third is claimed at once.
    private func append(_ store: DeliveryStore, _ numbers: [Int]) throws -> [Int64?] {
        try transaction(store) {
            try store.append(
                numbers.map { (webhook: webhook($0), running: $0 % 3 == 0 ? .first : .none) })
        }
    }

    private func counted() throws -> DeliveryCounts {
        try countedRows(path)
    }

    /// The sizes go through every way of dividing a batch into statements.
    @Test(arguments: [1, 7, 8, 9, 31, 32, 33, 41, 77, 130])
    func `X4 each webhook of a batch is stored once, whole and under its own id`(
        _ size: Int
    ) throws {
        let store = try DeliveryStore(path: path)
        #expect(try append(store, [3, 4]) == [1, 2])
        // One that is known, one that comes twice.
        let ids = try append(store, Array(1...size) + [4, size])
        var stored: [Int: Int64] = [3: 1, 4: 2]
        let expected = (1...size).map { number -> Int64? in
            guard stored[number] == nil else { return nil }
            stored[number] = Int64(stored.count + 1)
            return stored[number]
        }
        #expect(ids == expected + [nil, nil])
        #expect(try counted() == store.rows.counts)
        // A restart owes what was running too, and everything comes back as it was.
        let reopened = try DeliveryStore(path: path)
        let claimed = try transaction(reopened) {
            try reopened.rows.claim(size + 10, nowMilliseconds: .max)
        }
        #expect(claimed.count == stored.count)
        for delivery in claimed {
            let sid = String(decoding: delivery.webhook[.messageSID].dropFirst(2), as: UTF8.self)
            let number = try #require(Int(sid))
            let sent = webhook(number)
            let got = delivery.webhook
            #expect(got.head == sent.head && got.body == sent.body && got.kind == sent.kind)
            #expect(got.identity == sent.identity && got.priority == sent.priority)
            #expect(got.receivedMilliseconds == sent.receivedMilliseconds)
            #expect(delivery.id == stored[number])
        }
        // The identities have the ids of their deliveries.
        try transaction(reopened) {
            for number in stored.keys {
                try reopened.settle(SeenMessage(webhook(number)))
            }
        }
        #expect(reopened.rows.counts == DeliveryCounts())
    }

    @Test func `what is complete goes, whatever its order, its state and its neighbours`() throws {
        let store = try DeliveryStore(path: path)
        _ = try append(store, (1...60).map { $0 * 3 })
        #expect(
            store.rows.counts[.normal, .running] == 48 && store.rows.counts[.high, .running] == 12)
        let deliveries = (1...60).map {
            Delivery(id: Int64($0), attempt: 1, webhook: webhook($0 * 3))
        }
        var complete = deliveries.filter { $0.id % 11 != 0 }
        try transaction(store) {
            try store.rows.apply([
                .retry(id: 7, dueMilliseconds: 9000), .deadLetter(id: 8, reason: .gone),
                .release(id: 9),
            ])
            // Gone before its neighbours are.
            try store.rows.apply([complete.removeFirst().completion])
        }
        complete.swapAt(3, 40)
        complete.reverse()
        try transaction(store) { try store.rows.apply(complete.map(\.completion)) }
        // 11, 22, 33, 44 and 55 are left: of every fifth number one.
        var left = DeliveryCounts()
        left[DeliveryPlace(.normal), .running] = 4
        left[DeliveryPlace(.high), .running] = 1
        #expect(store.rows.counts == left)
        #expect(try counted() == left)
    }

    @Test func `a batch that is rolled back was never seen`() throws {
        let store = try DeliveryStore(path: path)
        try store.begin()
        _ = try store.append((1...50).map { (webhook: webhook($0), running: .none) })
        store.rollBack()
        #expect(try append(store, Array(1...50)) == (1...50).map { Int64($0) })
    }

    private func pending(_ number: Int) -> PendingWebhook {
        PendingWebhook(webhook: webhook(number), receivedNanoseconds: 0, receipt: NotedReceipt())
    }

    /// Media first, then text, in their order; what the fallback has taken over waits.
    @Test(arguments: [
        (0, []), (1, [2]), (2, [2, 6]), (3, [1, 2, 6]), (5, [1, 2, 4, 5, 6]),
        (6, [1, 2, 4, 5, 6]), (100, [1, 2, 4, 5, 6]),
    ])
    func `as many are claimed as they are added as are wanted`(
        _ room: Int, _ claimed: [Int64]
    ) throws {
        let store = try DeliveryStore(path: path)
        var batch = StoreBatch()
        // The numbers that five divides have media.
        batch.appends = [1, 5, 10, 2, 3, 15].map(pending)
        #expect(batch.appends[2].takeOver())
        try transaction(store) { try batch.append(to: store, claiming: [room]) }
        #expect(batch.claimed.map(\.id) == claimed)
        #expect(batch.leavesAvailable == .first)
        let running = store.rows.counts[.normal, .running] + store.rows.counts[.high, .running]
        #expect(running == claimed.count)
    }

    /// Nobody waits for it to be written that a delivery is complete.
    @Test func `what is complete is written with the next webhook`() throws {
        let claimed = Collected<Delivery>()
        let live = try LiveStore(path: path, gatherNanoseconds: .max / 4) { claimed.add($0) }
        live.group.want(1)
        #expect(live.group.append([pending(1)]).isEmpty)
        #expect(eventually { claimed.all.count == 1 })
        let before = commits(live)
        live.group.record([claimed.all[0].completion])
        // The store thread has it, and does not write.
        #expect(eventually { live.group.inbox.withLock { $0.changes.isEmpty } })
        #expect(live.group.append([pending(2)]).isEmpty)
        #expect(eventually { live.group.status.counts?[.normal, .available] == 1 })
        #expect(commits(live) - before == 1)
        #expect(live.group.status.owed == 1)
        live.stop()
    }

    @Test func `what is complete is written soon all the same, and at once in the end`() throws {
        let claimed = Collected<Delivery>()
        let live = try LiveStore(path: path) { claimed.add($0) }
        live.group.want(1)
        #expect(live.group.append([pending(1)]).isEmpty)
        #expect(eventually { claimed.all.count == 1 })
        live.group.record([claimed.all[0].completion])
        #expect(eventually { live.group.status.owed == 0 })
        live.stop()
        let patient = try LiveStore(path: path, gatherNanoseconds: .max / 4) { claimed.add($0) }
        patient.group.want(1)
        #expect(patient.group.append([pending(2)]).isEmpty)
        #expect(eventually { claimed.all.count == 2 })
        patient.group.record([claimed.all[1].completion])
        patient.stop()
        #expect(try counted() == DeliveryCounts())
    }

    private func commits(_ live: LiveStore) -> Double {
        let name = "hookline_store_operation_duration_seconds_count"
        return MetricsReading(live.metrics.registry, names: [name])
            .sum(name, ["store": "sqlite", "operation": "commit"]) ?? 0
    }
}
