import MicroHTTP
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import Hookline

@Suite struct QueueAdminTests {
    private let folder: TemporaryFolder
    private let live: LiveStore
    private let desk: QueueAdmin

    init() throws {
        folder = try TemporaryFolder()
        live = try LiveStore(path: folder.path("store"), owedMax: 20)
        desk = Desk.over(live)
    }

    /// Appends messages and makes dead letters of those whose id is even.
    private func deadLetters(_ count: Int) throws {
        try live.group.perform(.writing) { store throws(SQLiteError) in
            for number in 1...count {
                guard let id = try store.append(Genuine.webhook("SM\(number)")) else { continue }
                let reason: DeadLetterReason = id % 4 == 0 ? .gone : .expired
                if id % 2 == 0 { try store.rows.apply([.deadLetter(id: id, reason: reason)]) }
            }
        }
    }

    private func counts() throws -> DeliveryCounts {
        try live.group.perform(.reading) { store throws(SQLiteError) in store.rows.counts }
    }

    @Test func `the status is the counts`() throws {
        try deadLetters(4)
        let lines = try Desk.ask(desk, .status)
        guard case .status(let status) = lines.first else {
            throw ChildProcess.Failure("no status")
        }
        #expect(status.rows.map(\.available) == [0, 2])
        #expect(status.rows.map(\.deadLettered) == [0, 2])
    }

    @Test func `deliveries are listed by state, in pages`() throws {
        try deadLetters(10)
        var list = AdminList()
        list.limit = 3
        var (ids, end) = Desk.ids(try Desk.ask(desk, .list(list)))
        #expect(ids == [1, 2, 3] && end?.next == 3)
        list.state = .deadLettered
        list.after = 3
        (ids, end) = Desk.ids(try Desk.ask(desk, .list(list)))
        #expect(ids == [4, 6, 8] && end?.next == 8)
        list.after = 8
        (ids, end) = Desk.ids(try Desk.ask(desk, .list(list)))
        #expect(ids == [10] && end?.next == nil)
        list = AdminList()
        list.state = .available
        (ids, end) = Desk.ids(try Desk.ask(desk, .list(list)))
        #expect(ids == [1, 3, 5, 7, 9] && end?.next == nil)
        list.state = .running
        (ids, end) = Desk.ids(try Desk.ask(desk, .list(list)))
        #expect(ids.isEmpty && end?.next == nil)
    }

    @Test func `a listed delivery says what it is and nothing personal`() throws {
        try deadLetters(4)
        let lines = try Desk.ask(desk, .list(AdminList()))
        guard case .delivery(let row) = lines[3] else { throw ChildProcess.Failure("no delivery") }
        #expect(
            row
                == DeliveryRow(
                    id: 4, state: "dead_lettered", priority: "normal", destination: "default",
                    kind: "message", received: "1970-01-01T00:00:01.000Z", attempts: 0, due: nil,
                    reason: "gone", messageSID: "SM4", bodyBytes: 27))
        let text = lines.map { String(decoding: $0.line, as: UTF8.self) }.joined()
        #expect(!text.contains("15005550006"))
    }

    @Test func `what is not there is not found`() throws {
        for quarantined in [false, true] {
            var show = AdminShow(id: 1)
            show.quarantined = quarantined
            let fault = #expect(throws: AdminFault.self) { try Desk.ask(desk, .show(show)) }
            #expect(fault?.code == .notFound)
        }
    }

    @Test func `X9 dead letters are retried by id, with the rest left alone`() throws {
        try deadLetters(6)
        var change = AdminChange(.ids([2, 1, 99, 4, 2]))
        change.isDryRun = true
        var outcomes = Desk.outcomes(try Desk.ask(desk, .retry(change)))
        #expect(outcomes == ["2 retried", "1 retried", "99 missing", "4 retried", "2 retried"])
        #expect(try counts()[.normal, .deadLettered] == 3)
        change.isDryRun = false
        outcomes = Desk.outcomes(try Desk.ask(desk, .retry(change)))
        #expect(outcomes == ["2 retried", "1 retried", "99 missing", "4 retried", "2 retried"])
        #expect(try counts()[.normal, .deadLettered] == 1)
        #expect(try counts()[.normal, .available] == 5)
        let found = try live.group.perform(.writing) { store throws(SQLiteError) in
            try store.rows.claim(20, nowMilliseconds: .max)
        }
        let retried = try #require(found.first { $0.id == 2 })
        // It starts anew: first attempt, and a retry window that begins now.
        #expect(retried.attempt == 1 && retried.owedSinceMilliseconds > 1_000_000)
        #expect(retried.webhook.receivedMilliseconds == 1000)
    }

    @Test func `X9 dead letters are retried by reason and discarded all`() throws {
        try deadLetters(8)
        let retried = try Desk.ask(desk, .retry(AdminChange(.reason("gone"))))
        #expect(Desk.end(retried)?.counts == ["retried": 2])
        #expect(try counts()[.normal, .deadLettered] == 2)
        var all = AdminChange(.all)
        all.isDryRun = true
        for _ in 0..<2 {
            let end = Desk.end(try Desk.ask(desk, .discard(all, quarantined: false)))
            #expect(end?.counts == ["discarded": 2] && end?.next == nil && end?.through == 8)
            #expect(try counts()[.normal, .deadLettered] == (all.isDryRun ? 2 : 0))
            all.isDryRun = false
        }
        #expect(try counts()[.normal, .available] == 6)
        // A discarded message stays seen.
        let again = try live.group.perform(.writing) { store throws(SQLiteError) in
            try store.append(Genuine.webhook("SM2"))
        }
        #expect(again == nil)
        for verb in ["lost", "malformed"] {
            let fault = #expect(throws: AdminFault.self) {
                try Desk.ask(desk, .retry(AdminChange(.reason(verb))))
            }
            #expect(fault?.code == .badArgument)
        }
    }

    @Test func `a change ends with the rows that were there when it began`() throws {
        try deadLetters(8)
        var change = AdminChange(.all)
        change.after = 2
        change.through = 6
        let end = Desk.end(try Desk.ask(desk, .retry(change)))
        #expect(end?.counts == ["retried": 2] && end?.through == 6)
        #expect(try counts()[.normal, .deadLettered] == 2)
    }

    @Test func `what is retried never exceeds the queue's bound`() throws {
        try deadLetters(20)
        #expect(
            Desk.end(try Desk.ask(desk, .retry(AdminChange(.reason("gone")))))?.counts
                == ["retried": 5])
        // 15 are owed, 20 may be.
        var change = AdminChange(.ids([2, 6, 1, 10, 14, 18, 22]))
        let expected = [
            "2 retried", "6 retried", "1 retried", "10 retried", "14 retried", "18 retried",
        ]
        for isDryRun in [true, false] {
            change.isDryRun = isDryRun
            let lines = try Desk.ask(desk, .retry(change))
            #expect(Desk.outcomes(lines) == expected + ["22 missing"])
        }
        #expect(try counts().owed == 20)
    }

    @Test func `a store that has ended says so`() throws {
        live.stop()
        let fault = #expect(throws: AdminFault.self) {
            try Desk.ask(desk, .list(AdminList()))
        }
        #expect(fault == AdminFault(.store, "the server is stopping"))
    }
}
