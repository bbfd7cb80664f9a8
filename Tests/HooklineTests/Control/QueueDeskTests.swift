import MicroHTTP
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import Hookline

@Suite struct QueueDeskTests {
    private let folder: TemporaryFolder
    private let live: LiveStore
    private let desk: QueueDesk

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
                if id % 2 == 0 { try store.apply(.deadLetter(id: id, reason: reason)) }
            }
        }
    }

    private func counts() throws -> DeliveryCounts {
        try live.group.perform(.reading) { store throws(SQLiteError) in store.counts }
    }

    private func quarantine(_ numbers: ClosedRange<Int>, proven: Set<Int> = []) throws {
        try live.group.perform(.writing) { store throws(SQLiteError) in
            for number in numbers {
                _ = try store.quarantine.keep(
                    Refused.request(number, received: 5000), isProven: proven.contains(number))
            }
        }
    }

    private func quarantined() throws -> [Int64] {
        try live.group.perform(.reading) { store throws(SQLiteError) in
            try store.quarantine.page(QuarantinePage(rowsMax: .max)).rows.map(\.id)
        }
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
        var list = ControlList()
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
        list = ControlList()
        list.state = .available
        (ids, end) = Desk.ids(try Desk.ask(desk, .list(list)))
        #expect(ids == [1, 3, 5, 7, 9] && end?.next == nil)
        list.state = .running
        (ids, end) = Desk.ids(try Desk.ask(desk, .list(list)))
        #expect(ids.isEmpty && end?.next == nil)
    }

    @Test func `a listed delivery says what it is and nothing personal`() throws {
        try deadLetters(4)
        let lines = try Desk.ask(desk, .list(ControlList()))
        guard case .delivery(let row) = lines[3] else { throw ChildProcess.Failure("no delivery") }
        #expect(
            row
                == DeliveryRow(
                    id: 4, state: "dead_lettered", priority: "normal", kind: "message",
                    received: "1970-01-01T00:00:01.000Z", attempts: 0, due: nil, reason: "gone",
                    messageSID: "SM4", bodyBytes: 27))
        let text = lines.map { String(decoding: $0.line, as: UTF8.self) }.joined()
        #expect(!text.contains("15005550006"))
    }

    @Test func `what is not there is not found`() throws {
        for quarantined in [false, true] {
            var show = ControlShow(id: 1)
            show.quarantined = quarantined
            let fault = #expect(throws: ControlFault.self) { try Desk.ask(desk, .show(show)) }
            #expect(fault?.code == .notFound)
        }
    }

    @Test func `X9 dead letters are retried by id, with the rest left alone`() throws {
        try deadLetters(6)
        var change = ControlChange(.ids([2, 1, 99, 4, 2]))
        change.isDryRun = true
        var outcomes = Desk.outcomes(try Desk.ask(desk, .retry(change)))
        #expect(outcomes == ["2 retried", "1 missing", "99 missing", "4 retried", "2 retried"])
        #expect(try counts()[.normal, .deadLettered] == 3)
        change.isDryRun = false
        outcomes = Desk.outcomes(try Desk.ask(desk, .retry(change)))
        #expect(outcomes == ["2 retried", "1 missing", "99 missing", "4 retried", "2 missing"])
        #expect(try counts()[.normal, .deadLettered] == 1)
        #expect(try counts()[.normal, .available] == 5)
        let found = try live.group.perform(.writing) { store throws(SQLiteError) in
            try store.claim(20, nowMilliseconds: .max)
        }
        let retried = try #require(found.first { $0.id == 2 })
        // It starts anew: first attempt, and a retry window that begins now.
        #expect(retried.attempt == 1 && retried.owedSinceMilliseconds > 1_000_000)
        #expect(retried.webhook.receivedMilliseconds == 1000)
    }

    @Test func `X9 dead letters are retried by reason and discarded all`() throws {
        try deadLetters(8)
        let retried = try Desk.ask(desk, .retry(ControlChange(.reason("gone"))))
        #expect(Desk.end(retried)?.counts == ["retried": 2])
        #expect(try counts()[.normal, .deadLettered] == 2)
        var all = ControlChange(.all)
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
            let fault = #expect(throws: ControlFault.self) {
                try Desk.ask(desk, .retry(ControlChange(.reason(verb))))
            }
            #expect(fault?.code == .badArgument)
        }
    }

    @Test func `a change ends with the rows that were there when it began`() throws {
        try deadLetters(8)
        var change = ControlChange(.all)
        change.after = 2
        change.through = 6
        let end = Desk.end(try Desk.ask(desk, .retry(change)))
        #expect(end?.counts == ["retried": 2] && end?.through == 6)
        #expect(try counts()[.normal, .deadLettered] == 2)
    }

    @Test func `8 what is retried or released never exceeds the queue's bound`() throws {
        try deadLetters(20)
        try quarantine(1...11)
        #expect(
            Desk.end(try Desk.ask(desk, .retry(ControlChange(.reason("gone")))))?.counts
                == ["retried": 5])
        // 15 are owed, 20 may be.
        for request in [
            ControlRequest.retry(ControlChange(.ids([2, 6, 10, 14, 18, 22]))),
            .release(ControlChange(.all), force: false),
        ] {
            let fault = #expect(throws: ControlFault.self) { try Desk.ask(desk, request) }
            #expect(fault?.code == .queueFull)
        }
        #expect(
            Desk.end(try Desk.ask(desk, .retry(ControlChange(.ids([2, 6, 10, 14, 18])))))?.counts
                == ["retried": 5])
    }

    @Test func `X7 what verifies is released once and the rest stays`() throws {
        try quarantine(1...9, proven: [3, 4])
        #expect(try counts().owed == 0)
        // Number 5 was received otherwise meanwhile.
        _ = try live.group.perform(.writing) { store throws(SQLiteError) in
            try store.append(Genuine.webhook("SM5"))
        }
        let expected = ["released": 5, "duplicate": 1, "invalid_signature": 3]
        var change = ControlChange(.all)
        change.isDryRun = true
        #expect(Desk.end(try Desk.ask(desk, .release(change, force: false)))?.counts == expected)
        #expect(try quarantined().count == 9)
        change = ControlChange(.proven)
        #expect(
            Desk.end(try Desk.ask(desk, .release(change, force: false)))?.counts
                == ["released": 1, "invalid_signature": 1])
        change = ControlChange(.all)
        #expect(
            Desk.end(try Desk.ask(desk, .release(change, force: false)))?.counts
                == ["released": 4, "duplicate": 1, "invalid_signature": 3])
        #expect(try quarantined() == [3, 6, 9])
        #expect(try counts()[.normal, .available] == 6)
        #expect(
            Desk.end(try Desk.ask(desk, .release(change, force: false)))?.counts
                == ["invalid_signature": 3])
        #expect(try counts()[.normal, .available] == 6)
    }

    @Test
    func `X7 a released message keeps the time of its receipt and starts a window of its own`()
        throws
    {
        try quarantine(1...1)
        let lines = try Desk.ask(desk, .release(ControlChange(.ids([1, 1])), force: false))
        #expect(Desk.outcomes(lines) == ["1 released", "1 missing"])
        let delivery = try #require(
            try live.group.perform(.writing) { store throws(SQLiteError) in
                try store.claim(9, nowMilliseconds: .max).first
            })
        #expect(delivery.webhook.receivedMilliseconds == 5000 && delivery.attempt == 1)
        #expect(delivery.owedSinceMilliseconds > 5000)
    }

    @Test func `X7 force releases what does not verify, one request by its id`() throws {
        try quarantine(3...9)
        for selection in [ControlSelection.all, .proven, .reason("malformed"), .ids([1, 2])] {
            let fault = #expect(throws: ControlFault.self) {
                try Desk.ask(desk, .release(ControlChange(selection), force: true))
            }
            #expect(fault?.code == .badArgument)
        }
        #expect(try quarantined().count == 7)
        for result in ["1 released", "1 missing"] {
            let lines = try Desk.ask(desk, .release(ControlChange(.ids([1])), force: true))
            #expect(Desk.outcomes(lines) == [result])
        }
        #expect(try counts()[.normal, .available] == 1)
    }

    @Test func `quarantined requests are listed, shown and discarded`() throws {
        try quarantine(1...5, proven: [2])
        var list = ControlList()
        list.quarantined = true
        list.limit = 3
        let lines = try Desk.ask(desk, .list(list))
        guard case .quarantined(let row) = lines[1] else {
            throw ChildProcess.Failure("no request")
        }
        #expect(row.id == 2 && row.proven && row.source == "10.0.0.1")
        #expect(row.reason == "invalid_signature" && row.path == "/webhook/whatsapp")
        #expect(lines.count == 4 && Desk.end(lines)?.next == 3)
        let discarded = try Desk.ask(
            desk, .discard(ControlChange(.ids([1, 9])), quarantined: true))
        #expect(Desk.outcomes(discarded) == ["1 discarded", "9 missing"])
        let proven = try Desk.ask(desk, .discard(ControlChange(.proven), quarantined: true))
        #expect(Desk.end(proven)?.counts == ["discarded": 1])
        let reason = ControlChange(.reason("invalid_signature"))
        let rest = try Desk.ask(desk, .discard(reason, quarantined: true))
        #expect(Desk.end(rest)?.counts == ["discarded": 3])
        #expect(try quarantined().isEmpty)
        #expect(live.quarantine.status.figures == .init())
    }

    @Test func `a store that has ended says so`() throws {
        live.stop()
        let fault = #expect(throws: ControlFault.self) {
            try Desk.ask(desk, .list(ControlList()))
        }
        #expect(fault == ControlFault(.store, "the server is stopping"))
    }
}

/// Asks a desk without a socket.
enum Desk {
    /// A desk for which every request is genuine whose number three does not divide.
    static func over(_ live: LiveStore) -> QueueDesk {
        QueueDesk(
            group: live.group,
            verify: { refused in
                number(refused) % 3 == 0
                    ? .failure(.invalidSignature) : .success(webhook(refused))
            }, trust: { webhook($0) }, log: Log(format: .json, level: .critical))
    }

    static func ask(_ desk: QueueDesk, _ request: ControlRequest) throws -> [ControlReply] {
        var lines: [ControlReply] = []
        try desk.answer(request) {
            lines.append($0)
            return true
        }
        return lines
    }

    static func end(_ lines: [ControlReply]) -> ControlEnd? {
        if case .end(let end) = lines.last { end } else { nil }
    }

    static func ids(_ lines: [ControlReply]) -> (ids: [Int64], end: ControlEnd?) {
        let ids = lines.compactMap { if case .delivery(let row) = $0 { row.id } else { nil } }
        return (ids, end(lines))
    }

    static func outcomes(_ lines: [ControlReply]) -> [String] {
        lines.compactMap {
            if case .outcome(let outcome) = $0 { "\(outcome.id) \(outcome.result)" } else { nil }
        }
    }

    private static func number(_ refused: QuarantinedRequest) -> Int {
        let field = refused.request.fields.first("x-twilio-signature") ?? []
        return Int(String(decoding: field.dropFirst(10), as: UTF8.self)) ?? 0
    }

    private static func webhook(_ refused: QuarantinedRequest) -> Webhook {
        Genuine.webhook("SM\(number(refused))")
    }
}
