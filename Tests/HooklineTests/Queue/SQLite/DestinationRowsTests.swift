import SQLite
import TestSupport
import Testing

@testable import Hookline

/// A message that is owed to several destinations: one row each, with a state of its own.
@Suite struct DestinationRowsTests {
    private static let names = ["default", "bot", "audit"]
    private let list = DestinationList(names.map { DestinationName($0) })
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }

    init() throws { folder = try TemporaryFolder() }

    private func open(_ names: [String] = names) throws -> DeliveryStore {
        try DeliveryStore(
            path: path, destinations: DestinationList(names.map { DestinationName($0) }))
    }

    private func webhook(
        _ number: Int, to destinations: [Int] = [0, 1, 2], _ priority: DeliveryPriority = .normal
    ) -> Webhook {
        let plain = Genuine.webhook("SM\(number)")
        return Webhook(
            kind: plain.kind, priority: priority, identity: plain.identity,
            receivedMilliseconds: 1000, head: plain.head, body: plain.body,
            destinations: DestinationSet(destinations.map { DestinationNumber($0) }))
    }

    private func append(
        _ store: DeliveryStore, _ webhooks: [Webhook], running: DestinationSet = .none
    ) throws -> [Int64?] {
        try transaction(store) {
            try store.append(webhooks.map { (webhook: $0, running: running) })
        }
    }

    private func claim(
        _ store: DeliveryStore, _ number: Int, _ count: Int = 100
    ) throws -> [Delivery] {
        try transaction(store) {
            try store.rows.claim(
                count, nowMilliseconds: .max, for: DestinationNumber(number))
        }
    }

    @Test func `X17 one commit owes a message to each destination, and each claims its own`()
        throws
    {
        let store = try open()
        // The message's number is that of its last row.
        #expect(
            try append(store, [webhook(1), webhook(2, to: [1]), webhook(3, to: [0, 2])])
                == [3, 4, 6])
        #expect(try claim(store, 0).map(\.id) == [1, 5])
        let bot = try claim(store, 1)
        #expect(bot.map(\.id) == [2, 4] && bot.allSatisfy { $0.destination.index == 1 })
        #expect(bot[0].webhook.body == webhook(1).body)
        #expect(bot[0].webhook.idempotencyKey == webhook(1).idempotencyKey)
        #expect(try claim(store, 2).map(\.id) == [3, 6])
        #expect(store.rows.counts[.normal, .running] == 6)
        #expect(try countedRows(path) == store.rows.counts)
        // What is complete to one is owed to the others, after a restart too.
        try transaction(store) { try store.rows.apply(bot.map(\.completion)) }
        let reopened = try open()
        #expect(try claim(reopened, 1).isEmpty)
        #expect(try claim(reopened, 0).map(\.attempt) == [2, 2])
        #expect(try claim(reopened, 2).map(\.id) == [3, 6])
        // All of it is one message: no repetition is stored.
        #expect(try append(reopened, [webhook(1), webhook(2, to: [1])]) == [nil, nil])
    }

    @Test func `numbers go on after a restart, behind every row of the last message`() throws {
        do {
            let store = try open()
            #expect(try append(store, [webhook(1)]) == [3])
            try transaction(store) { try store.rows.remove(3) }
        }
        let store = try open()
        #expect(try append(store, [webhook(2, to: [0])]) == [4])
        try store.begin()
        _ = try store.append([(webhook(3), .none), (webhook(4), .none)])
        store.rollBack()
        #expect(try append(store, [webhook(3), webhook(3)]) == [7, nil])
    }

    @Test func `what is claimed with the append is for those that want it`() throws {
        let store = try open()
        var batch = StoreBatch()
        batch.appends = (1...3).map {
            PendingWebhook(
                webhook: webhook($0, to: $0 == 2 ? [1] : [0, 1]), receivedNanoseconds: 0,
                receipt: NotedReceipt())
        }
        try transaction(store) { try batch.append(to: store, claiming: [5, 2, 0]) }
        #expect(batch.claimed.map(\.id) == [1, 2, 3, 4])
        #expect(batch.claimed.map(\.destination.index) == [0, 1, 1, 0])
        #expect(batch.leavesAvailable == DestinationSet(DestinationNumber(1)))
        #expect(store.rows.counts[.normal, .available] == 1)
    }

    @Test func `what every destination has is settled for all, and else for none`() throws {
        let store = try open()
        _ = try append(store, [webhook(1), webhook(2), webhook(3, to: [0, 2])])
        try transaction(store) {
            try store.rows.remove(4)
            try store.settle(SeenMessage(webhook(2)))
        }
        #expect(try claim(store, 0).map(\.id) == [1, 7])
        #expect(try claim(store, 1).map(\.id) == [2])
        #expect(try claim(store, 2).map(\.id) == [3, 8])
    }

    @Test func `an identity stays as long as one of its deliveries does`() throws {
        let store = try open()
        _ = try append(store, [webhook(1), webhook(2), webhook(3)])
        try transaction(store) {
            for id in [1, 3, 4, 5, 6] as [Int64] { try store.rows.remove(id) }
        }
        store.forgetIdentities(before: .max, again: true)
        for _ in 0..<9 { try transaction(store) { _ = try store.tidyIdentities(count: 100) } }
        // Of the second message nothing is owed; the last number of all stays.
        #expect(try append(store, [webhook(1), webhook(2), webhook(3)]) == [nil, 12, nil])
    }

    @Test func `X17 what is owed to a destination that is gone is held, shown and taken up again`()
        throws
    {
        do {
            let store = try open()
            _ = try append(store, [webhook(1), webhook(2, to: [1], .high)])
        }
        do {
            let store = try open(["default", "audit"])
            #expect(try claim(store, 0).map(\.id) == [1])
            #expect(try claim(store, 1).map(\.id) == [3])
            let code = DestinationName("bot").code
            #expect(store.rows.counts.owed(to: code) == 2 && store.rows.counts.owed == 4)
            var page = DeliveryPage(rowsMax: 10, state: .available)
            page.destination = "bot"
            let rows = try store.listing.page(page).rows
            #expect(rows.map(\.id) == [2, 4] && rows.allSatisfy { $0.destination == "bot" })
            #expect(rows.map(\.priority) == ["normal", "high"])
            page.state = nil
            #expect(try store.listing.page(page).rows.map(\.id) == [2, 4])
            page.destination = nil
            #expect(try store.listing.page(page).rows.compactMap(\.destination).count == 4)
        }
        let store = try open()
        #expect(try claim(store, 1).map(\.id) == [4, 2])
        #expect(store.names.name(of: DestinationName("bot").code) == "bot")
    }

    @Test func `a name without rows is forgotten`() throws {
        _ = try open(["default", "old"])
        _ = try open(["default"])
        let query = try Connection(path: path, create: false).prepare(
            "SELECT name FROM destination")
        #expect(try query.step() && query.text(0) == "default")
        #expect(try !query.step())
    }

    @Test func `a row that is moved to another destination is corrupt`() throws {
        do { _ = try append(try open(), [webhook(1, to: [1])]) }
        let code = DeliveryPlace(destination: DestinationName("audit").code, .normal).code
        try Connection(path: path, create: false).execute("UPDATE delivery SET priority=\(code)")
        let store = try open()
        #expect(try claim(store, 2).isEmpty)
        #expect(store.rows.counts[.normal, .deadLettered] == 1)
    }

    @Test func `a destination that fails holds no claims of another`() {
        var results = FailedResults()
        let (first, second) = (DestinationNumber.first, DestinationNumber(1))
        var changes: [DeliveryChange] =
            (1...9).map { .retry(id: $0, dueMilliseconds: 9, destination: second) } + [
                .complete(
                    id: 10, message: SeenMessage(webhook(1)), priority: .normal, destination: first)
            ]
        results.take(from: &changes, nowNanoseconds: 0)
        #expect(results.holdsClaims(of: second) && !results.holdsClaims(of: first))
        _ = results.takeSlice()
        #expect(!results.holdsClaims(of: second))
    }

    @Test func `bringing forward one destination leaves the others waiting`() throws {
        let store = try open()
        _ = try append(store, [webhook(1)])
        try transaction(store) {
            for id in [1, 2] as [Int64] {
                try store.rows.apply([.retry(id: id, dueMilliseconds: 9_000)])
            }
            try store.rows.bringForward(nowMilliseconds: 2000, for: DestinationNumber(1))
            #expect(try store.rows.claim(9, nowMilliseconds: 2000).isEmpty)
            let claimed = try store.rows.claim(
                9, nowMilliseconds: 2000, for: DestinationNumber(1))
            #expect(claimed.map(\.id) == [2])
        }
    }
}
