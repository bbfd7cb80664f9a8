import Foundation
import MicroHTTP
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import Hookline

@Suite struct QuarantineDeskTests {
    private let folder: TemporaryFolder
    private let live: LiveStore
    private let desk: QueueAdmin

    init() throws {
        folder = try TemporaryFolder()
        live = try LiveStore(path: folder.path("store"), owedMax: 20)
        desk = Desk.over(live)
    }

    private func counts() throws -> DeliveryCounts {
        try live.group.perform(.reading) { store throws(SQLiteError) in store.rows.counts }
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

    @Test func `X7 what verifies is released once and the rest stays`() throws {
        try quarantine(1...9, proven: [3, 4])
        #expect(try counts().owed == 0)
        // Number 5 was received otherwise meanwhile.
        _ = try live.group.perform(.writing) { store throws(SQLiteError) in
            try store.append(Genuine.webhook("SM5"))
        }
        let expected = ["released": 5, "duplicate": 1, "invalid_signature": 3]
        var change = AdminChange(.all)
        change.isDryRun = true
        #expect(Desk.end(try Desk.ask(desk, .release(change, force: false)))?.counts == expected)
        #expect(try quarantined().count == 9)
        change = AdminChange(.proven)
        #expect(
            Desk.end(try Desk.ask(desk, .release(change, force: false)))?.counts
                == ["released": 1, "invalid_signature": 1])
        change = AdminChange(.all)
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
        let lines = try Desk.ask(desk, .release(AdminChange(.ids([1, 1])), force: false))
        #expect(Desk.outcomes(lines) == ["1 released", "1 missing"])
        let delivery = try #require(
            try live.group.perform(.writing) { store throws(SQLiteError) in
                try store.rows.claim(9, nowMilliseconds: .max).first
            })
        #expect(delivery.webhook.receivedMilliseconds == 5000 && delivery.attempt == 1)
        #expect(delivery.owedSinceMilliseconds > 5000)
    }

    @Test func `X7 force releases what does not verify, one request by its id`() throws {
        try quarantine(3...9)
        for selection in [AdminSelection.all, .proven, .reason("malformed"), .ids([1, 2])] {
            let fault = #expect(throws: AdminFault.self) {
                try Desk.ask(desk, .release(AdminChange(selection), force: true))
            }
            #expect(fault?.code == .badArgument)
        }
        #expect(try quarantined().count == 7)
        for result in ["1 released", "1 missing"] {
            let lines = try Desk.ask(desk, .release(AdminChange(.ids([1])), force: true))
            #expect(Desk.outcomes(lines) == [result])
        }
        #expect(try counts()[.normal, .available] == 1)
    }

    @Test func `quarantined requests are listed, shown and discarded`() throws {
        try quarantine(1...5, proven: [2])
        var list = AdminList()
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
            desk, .discard(AdminChange(.ids([1, 9])), quarantined: true))
        #expect(Desk.outcomes(discarded) == ["1 discarded", "9 missing"])
        let proven = try Desk.ask(desk, .discard(AdminChange(.proven), quarantined: true))
        #expect(Desk.end(proven)?.counts == ["discarded": 1])
        let reason = AdminChange(.reason("invalid_signature"))
        let rest = try Desk.ask(desk, .discard(reason, quarantined: true))
        #expect(Desk.end(rest)?.counts == ["discarded": 3])
        #expect(try quarantined().isEmpty)
        #expect(live.quarantine.status.figures == .init())
    }

    @Test func `X6 a request is handed out byte for byte, also what is no text`() throws {
        var fields = HTTPFields()
        fields.append(name: "X-Note".utf8, value: [0xff, 0x00, 0xc3])
        let request = HTTPRequest(
            method: .post, target: Array("/webhook/sms?q=".utf8) + [0xe9], fields: fields,
            body: [0xff, 0xfe, 0x00, 0x0a], peer: [10, 0, 0, 9])
        _ = try live.group.perform(.writing) { store throws(SQLiteError) in
            try store.quarantine.keep(
                QuarantinedRequest(request, reason: .malformed, source: [], receivedMilliseconds: 1)
            )
        }
        let lines = try Desk.ask(desk, .capture(id: 1))
        guard lines.count == 2, case .captured(let capture) = lines[0] else {
            throw ChildProcess.Failure("no capture")
        }
        let line = AdminReply.captured(capture).line
        #expect(line.count { $0 == 0x0a } == 1)
        guard
            case .captured(let read) = try JSONDecoder().decode(
                AdminReply.self, from: Data(line))
        else { throw ChildProcess.Failure("no capture") }
        let found = try #require(read.captured).request
        #expect(found.target == request.target && found.body == request.body)
        #expect(found.peer == request.peer && found.method == .post)
        #expect(found.fields.first("x-note").map { Array($0) } == [0xff, 0x00, 0xc3])
        let fault = #expect(throws: AdminFault.self) { try Desk.ask(desk, .capture(id: 2)) }
        #expect(fault?.code == .notFound)
    }

    @Test func `X7 what is proven or named is searched for a damage, of the rest a few`() throws {
        try quarantine(1...60, proven: [50])
        let searched = Mutex<[Int64]>([])
        let desk = QueueAdmin(
            store: live.group, shared: nil,
            verify: { refused, isThorough in
                let number = refused.request.fields.first("x-twilio-signature")?.dropFirst(10)
                let id = Int64(String(decoding: number ?? [], as: UTF8.self)) ?? 0
                if isThorough { searched.withLock { $0.append(id) } }
                return .failure(.invalidSignature)
            }, trust: { _ in nil }, log: Log(format: .json, level: .critical))
        _ = try Desk.ask(desk, .release(AdminChange(.all), force: false))
        // What mends a proven request is known before the others are looked at.
        #expect(searched.withLock { $0 } == [50] + Array(1...16) + [50])
        searched.withLock { $0 = [] }
        _ = try Desk.ask(desk, .release(AdminChange(.ids([40, 41])), force: false))
        #expect(searched.withLock { $0 } == [40, 41])
    }

    @Test func `X7 what fits into the queue is released, what does not fit stays and is told`()
        throws
    {
        try quarantine(1...33)
        // Two of three are genuine: 22, where 20 may be owed. The last one is known already.
        _ = try live.group.perform(.writing) { store throws(SQLiteError) in
            try store.append(Genuine.webhook("SM32"))
        }
        let all = AdminRequest.release(AdminChange(.all), force: false)
        let expected = ["released": 19, "duplicate": 1, "queue_full": 2, "invalid_signature": 11]
        #expect(Desk.end(try Desk.ask(desk, all))?.counts == expected)
        #expect(try counts().owed == 20)
        #expect(try quarantined().count == 13)
        let lines = try Desk.ask(desk, .release(AdminChange(.ids([29, 31, 33])), force: false))
        #expect(Desk.outcomes(lines) == ["29 queue_full", "31 queue_full", "33 invalid_signature"])
        let forced = try Desk.ask(desk, .release(AdminChange(.ids([33])), force: true))
        #expect(Desk.outcomes(forced) == ["33 queue_full"])
        // Two of them are forwarded: there is room again.
        try live.group.perform(.writing) { store throws(SQLiteError) in
            for delivery in try store.rows.claim(2, nowMilliseconds: .max) {
                try store.rows.apply([delivery.completion])
            }
        }
        #expect(
            Desk.end(try Desk.ask(desk, all))?.counts == ["released": 2, "invalid_signature": 11])
        #expect(try counts().owed == 20)
    }

    @Test func `X7 a command says how many requests are left and why, and ends with 1`() throws {
        try quarantine(1...33)
        let server = AdminServer(desk: desk)
        try server.start(path: folder.path("control"))
        defer { server.stop() }
        let client = AdminClient(dataDirectory: folder.path)
        let report = try QueueChange(.release, client: client).run(.all, isDryRun: false)
        #expect(report.text == "11 stay (invalid_signature), 2 stay (queue_full), 20 released\n")
        #expect(
            report.error
                == "2 genuine requests stay in quarantine: the queue has no room for more "
                + "(--queue-rows-max); release again when it has been worked off")
        #expect(!report.isAsWished && report.json.contains("\"error\":\"2 genuine"))
    }
}
