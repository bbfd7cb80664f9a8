import SQLite
import TestSupport
import Testing

@testable import Hookline

/// The table of replies, in a real database.
@Suite struct OutboundRowsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> DeliveryStore { try DeliveryStore(path: folder.path("db")) }

    private func reply(_ text: String, to: String = "1", _ reason: OutboundReason? = nil)
        -> NewOutbound
    {
        NewOutbound(
            content: .message(
                OutboundMessage(account: "AC", to: to, from: "2", body: text)),
            conversation: Array(to.utf8), reason: reason)
    }

    private func texts(_ rows: [OutboundRow]) -> [String] {
        rows.map { row in
            if case .message(let message) = row.content { message.body } else { "redirect" }
        }
    }

    private func claim(_ store: DeliveryStore, _ count: Int = 10, at now: Int64 = 100) throws
        -> [OutboundRow]
    {
        try transaction(store) {
            try store.outbound.claim(count, nowMilliseconds: now, wallMilliseconds: now + 5)
        }
    }

    @discardableResult
    private func apply(_ store: DeliveryStore, _ changes: [OutboundChange], at now: Int64 = 100)
        throws -> LookCounts
    {
        try transaction(store) {
            try store.outbound.apply(changes, nowMilliseconds: now, wallMilliseconds: now)
        }
    }

    private func add(_ store: DeliveryStore, _ replies: [NewOutbound]) throws {
        try transaction(store) { try store.outbound.add(replies, to: 7, nowMilliseconds: 50) }
    }

    @Test func `of one conversation one reply leaves after another, of several at once`() throws {
        let store = try open()
        try add(store, [reply("a1"), reply("a2"), reply("b1", to: "b")])
        #expect(store.outbound.counts == OutboundRows.Counts(owed: 3))
        let first = try claim(store)
        #expect(texts(first) == ["a1", "b1"])
        #expect(first[0].attempt == 1 && first[0].looks == nil)
        #expect(first[0].owedMilliseconds == 50)
        #expect(try claim(store).isEmpty)
        try apply(store, [.sent(id: first[0].id, sid: "SM1")])
        #expect(texts(try claim(store)) == ["a2"])
        #expect(store.outbound.counts == OutboundRows.Counts(owed: 2))
    }

    @Test func `a reply that has to wait holds back its conversation, a dead letter does not`()
        throws
    {
        let store = try open()
        try add(store, [reply("a1"), reply("a2")])
        let row = try claim(store)[0]
        try apply(store, [.retry(id: row.id, dueMilliseconds: 500, error: "x")])
        #expect(try claim(store, at: 499).isEmpty)
        let again = try claim(store, at: 500)
        #expect(texts(again) == ["a1"] && again[0].attempt == 2)
        try apply(
            store, [.deadLetter(id: row.id, reason: .refused, code: 21610, words: "opted out")])
        #expect(texts(try claim(store, at: 500)) == ["a2"])
        #expect(store.outbound.counts == OutboundRows.Counts(owed: 1, deadLetters: 1))
    }

    @Test func `what a dead process was sending has an outcome that nobody knows`() throws {
        do {
            let store = try open()
            try add(store, [reply("a1"), reply("", .empty)])
            #expect(try claim(store, at: 100).count == 1)
        }
        let store = try open()
        #expect(store.outbound.counts == OutboundRows.Counts(owed: 1, deadLetters: 1))
        let row = try claim(store, at: 200)[0]
        #expect(row.looks == 0 && row.startedMilliseconds == 105)
        #expect(try claim(store, at: 200).isEmpty)
        let look = Look(dueMilliseconds: 300, count: 1)
        #expect(
            try apply(store, [.looked(id: row.id, candidates: [], again: look)]) == LookCounts())
        let second = try claim(store, at: 300)[0]
        #expect(second.looks == 1 && second.startedMilliseconds == 105)
        let counts = try apply(store, [.looked(id: row.id, candidates: [], again: nil)])
        #expect(counts == LookCounts(found: 0, repeated: 1))
        let third = try claim(store, at: 400)[0]
        #expect(third.looks == nil && third.attempt == 2)
    }

    @Test func `a message of the list counts once`() throws {
        let store = try open()
        try add(store, [reply("a1"), reply("a1")])
        let first = try claim(store)[0]
        try apply(store, [.sent(id: first.id, sid: "SM1")])
        let second = try claim(store)[0]
        try apply(store, [.unknown(id: second.id, dueMilliseconds: 0, looks: 0, error: "x")])
        _ = try claim(store)
        let look = Look(dueMilliseconds: 100, count: 1)
        // The list shows the first one only.
        let none = try apply(store, [.looked(id: second.id, candidates: ["SM1"], again: look)])
        #expect(none == LookCounts() && store.outbound.counts.owed == 1)
        _ = try claim(store)
        let found = try apply(
            store, [.looked(id: second.id, candidates: ["SM1", "SM2"], again: look)])
        #expect(found == LookCounts(found: 1) && store.outbound.counts.owed == 0)
    }

    @Test func `what a redirect leads to takes its place in one step`() throws {
        let store = try open()
        let redirect = OutboundContent.redirect(
            OutboundRedirect(url: [1], isGet: false, depth: 1, head: [2], body: [3]))
        try add(store, [NewOutbound(content: redirect, conversation: [1])])
        let row = try claim(store)[0]
        try apply(store, [.replaced(id: row.id, by: [reply("x"), reply("y", to: "b")])])
        #expect(texts(try claim(store)) == ["x", "y"])
        // One that is gone brings nothing.
        try apply(store, [.replaced(id: row.id, by: [reply("z")])])
        #expect(store.outbound.counts.owed == 2)
    }

    @Test func `a transaction that is rolled back changes no count`() throws {
        let store = try open()
        try store.begin()
        try store.outbound.add([reply("x")], to: 1, nowMilliseconds: 0)
        store.rollBack()
        #expect(store.outbound.counts.owed == 0)
        try add(store, [reply("y")])
        #expect(store.outbound.counts.owed == 1)
        #expect(try transaction(store) { try store.outbound.oldestMilliseconds() } == 50)
    }

    @Test func `a damaged reply is a dead letter`() throws {
        let store = try open()
        try add(store, [reply("x")])
        try store.connection.execute("UPDATE outbound_messages SET content=x'00'")
        #expect(try claim(store).isEmpty)
        #expect(store.outbound.counts == OutboundRows.Counts(owed: 0, deadLetters: 1))
    }
}
