import POSIX
import SQLite
import TestSupport
import Testing

@testable import Hookline

/// Deliveries that a command names, in every state.
@Suite struct NamedDeliveryTests {
    private let folder: TemporaryFolder
    private let live: LiveStore
    private let desk: QueueAdmin

    init() throws {
        folder = try TemporaryFolder()
        live = try LiveStore(path: folder.path("store"), owedMax: 6)
        desk = Desk.over(live)
    }

    /// 1 and 2 are dead, 3 is owed again in an hour, 4 runs, 5 is available.
    private func fill() throws {
        try live.group.perform(.writing) { store throws(SQLiteError) in
            for number in 1...4 { _ = try store.append(Genuine.webhook("SM\(number)")) }
            let claimed = try store.rows.claim(4, nowMilliseconds: .max)
            try store.rows.apply([
                .deadLetter(id: claimed[0].id, reason: .gone),
                .deadLetter(id: claimed[1].id, reason: .gone),
                .retry(id: claimed[2].id, dueMilliseconds: .max / 2),
            ])
            _ = try store.append(Genuine.webhook("SM5"))
        }
    }

    private func appended(_ numbers: ClosedRange<Int>) throws {
        try live.group.perform(.writing) { store throws(SQLiteError) in
            for number in numbers { _ = try store.append(Genuine.webhook("SM\(number)")) }
        }
    }

    private func counts() throws -> DeliveryCounts {
        try live.group.perform(.reading) { store throws(SQLiteError) in store.rows.counts }
    }

    private func change(_ isRetry: Bool, _ change: AdminChange) throws -> [AdminReply] {
        try Desk.ask(desk, isRetry ? .retry(change) : .discard(change, quarantined: false))
    }

    @Test func `what waits is due at once when it is retried, and its attempts stay`() throws {
        try fill()
        for isDryRun in [true, false] {
            var named = AdminChange(.ids([3, 4, 5, 6]))
            named.isDryRun = isDryRun
            #expect(
                Desk.outcomes(try change(true, named))
                    == ["3 retried", "4 running", "5 retried", "6 missing"])
        }
        let claimed = try live.group.perform(.writing) { store throws(SQLiteError) in
            try store.rows.claim(9, nowMilliseconds: WallClock.nowMilliseconds() + 1)
        }
        #expect(Set(claimed.map(\.id)) == [3, 5])
        #expect(claimed.first { $0.id == 3 }?.attempt == 2)
        // Its retry window still begins with its receipt.
        #expect(claimed.first { $0.id == 3 }?.owedSinceMilliseconds == 1000)
    }

    @Test func `everything but what is being sent is discarded, and stays seen`() throws {
        try fill()
        for isDryRun in [true, false] {
            var named = AdminChange(.ids([1, 3, 4, 5, 6]))
            named.isDryRun = isDryRun
            let lines = try change(false, named)
            #expect(
                Desk.outcomes(lines)
                    == ["1 discarded", "3 discarded", "4 running", "5 discarded", "6 missing"])
        }
        var expected = DeliveryCounts()
        expected[DeliveryPlace(.normal), .running] = 1
        expected[DeliveryPlace(.normal), .deadLettered] = 1
        #expect(try counts() == expected)
        try appended(1...5)
        #expect(try counts() == expected)
    }

    @Test func `dead letters that are named and do not fit stay, and are told`() throws {
        try fill()
        try appended(6...7)
        // Five are owed, six may be.
        let server = AdminServer(desk: desk)
        try server.start(path: folder.path("control"))
        defer { server.stop() }
        let client = AdminClient(dataDirectory: folder.path)
        for isDryRun in [true, false] {
            let report = try QueueChange(.retry, client: client)
                .run(.ids([1, 2, 4]), isDryRun: isDryRun)
            #expect(report.rows.map(\.result) == ["retried", "queue_full", "running"])
            #expect(
                report.error
                    == "1 dead letter \(isDryRun ? "would stay" : "stays"): the queue has no room "
                    + "for more (--queue-rows-max); retry again when it has been worked off")
            #expect(report.text.contains("1 being sent at this moment, not changed"))
            #expect(!report.isAsWished)
        }
        #expect(try counts().owed == 6)
        #expect(try counts()[.normal, .deadLettered] == 1)
    }

    @Test func `a dry run of a release foretells what the queue has no room for`() throws {
        try fill()
        let requests = (1...30).map { Refused.request($0) }
        try live.group.perform(.writing) { store throws(SQLiteError) in
            for request in requests { _ = try store.quarantine.keep(request) }
        }
        let server = AdminServer(desk: desk)
        try server.start(path: folder.path("control"))
        defer { server.stop() }
        let client = AdminClient(dataDirectory: folder.path)
        // Every third is refused, 1, 2, 4 and 5 are seen: 16 are new, and three are owed of six.
        let counts = ["released": 3, "duplicate": 4, "queue_full": 13, "invalid_signature": 10]
        for isDryRun in [true, true, false] {
            let report = try QueueChange(.release, client: client).run(.all, isDryRun: isDryRun)
            #expect(report.counts == counts)
            #expect(report.error?.hasPrefix("13 genuine requests") == true)
        }
    }

    @Test func `a dry run goes on with what its earlier requests foretold`() throws {
        try fill()
        var retry = AdminChange(.reason("gone"))
        retry.isDryRun = true
        retry.foretold = 2
        let end = Desk.end(try change(true, retry))
        #expect(end?.counts == ["retried": 1] && end?.foretold == 3)
        retry.foretold = 3
        let fault = #expect(throws: AdminFault.self) { try change(true, retry) }
        #expect(fault?.code == .queueFull)
    }
}
