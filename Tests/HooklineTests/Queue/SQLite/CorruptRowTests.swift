import SQLite
import TestSupport
import Testing

@testable import Hookline

/// What changed on the disk is never forwarded.
@Suite struct CorruptRowTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }

    init() throws { folder = try TemporaryFolder() }

    private func append(_ sids: [String]) throws {
        let store = try DeliveryStore(path: path)
        try transaction(store) { for sid in sids { _ = try store.append(Genuine.webhook(sid)) } }
    }

    private func change(_ sql: String) throws {
        try Connection(path: path, create: false).execute(sql)
    }

    /// The one row of a file, without a transaction.
    private func read(_ path: String) throws -> (row: DeliveryRow, webhook: Webhook?)? {
        let file = try Connection(path: path, create: false)
        return try DeliveryListing(
            file, ClaimedRange(file, lastID: 1), StoreClock(), corrupt: CorruptRows(),
            names: DestinationTable(file, .standard, DeliveryCounts())
        ).delivery(1)
    }

    private func corrupt(_ reason: DeadLetterReason = .corrupt) throws -> Int64 {
        let file = try Connection(path: path, create: false)
        let query = try file.prepare(
            "SELECT count(*) FROM delivery WHERE state=3 AND reason='\(reason.rawValue)'")
        return try query.step() ? query.integer(0) : -1
    }

    @Test(arguments: [
        "body=x'00' || substr(body, 2)", "body=body || x'00'", "head=head || x''",
        "kind=kind+1", "received_ms=received_ms+1", "identity=x'00112233445566778899aabbccddeeff'",
        "head=substr(head, 1, 20) || x'41' || substr(head, 22)", "checksum=checksum+1",
        "head=x'00'", "id=77",
    ])
    func `a changed value makes a dead letter of its row and of no other`(
        _ assignment: String
    ) throws {
        try append(["a", "b"])
        try change("UPDATE delivery SET \(assignment) WHERE id=1")
        let isChanged = !assignment.hasSuffix("x''")
        let store = try DeliveryStore(path: path)
        let claimed = try transaction(store) { try store.rows.claim(9, nowMilliseconds: .max) }
        #expect(claimed.count == (isChanged ? 1 : 2))
        #expect(store.rows.counts[.normal, .deadLettered] == (isChanged ? 1 : 0))
        #expect(store.corrupt.take().count == (isChanged ? 1 : 0))
        #expect(try corrupt() == (isChanged ? 1 : 0))
    }

    @Test func `a row of an earlier version has no checksum and is forwarded`() throws {
        try append(["a"])
        try change("UPDATE delivery SET checksum=NULL")
        let store = try DeliveryStore(path: path)
        #expect(
            try transaction(store) { try store.rows.claim(9, nowMilliseconds: .max) }.count == 1)
    }

    /// One bit of every byte of the row and of its place in the page (in the long form, every bit)
    /// changes: what is read then is what was written, or nothing.
    @Test func `no changed bit of a stored row is forwarded or makes it look unchecked`() throws {
        try append(["a"])
        let sent = Genuine.webhook("a")
        let bytes = try #require(folder.bytes("store"))
        let marker = Array("Body=hi".utf8)
        let body = try #require(
            (0..<bytes.count - 7).last { Array(bytes[$0..<$0 + 7]) == marker })
        let page = body / 4096 * 4096
        // The row, its lengths and its place in the page.
        let head = page..<page + 10
        var altered = 0
        var refused = 0
        for place in Array(head) + Array(body - 420..<page + 4096) {
            for bit in Torture.isOn || head.contains(place) ? Array(0..<8) : [place % 8] {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(bit)
                try folder.write(damaged, to: "copy")
                try folder.write([], to: "copy-wal")
                guard let read = try? read(folder.path("copy")), read.row.corrupt == nil,
                    let got = read.webhook
                else {
                    refused += 1
                    continue
                }
                let isSame =
                    got.body == sent.body && got.head == sent.head && got.kind == sent.kind
                    && got.identity == sent.identity
                    && got.receivedMilliseconds == sent.receivedMilliseconds
                if !isSame { altered += 1 }
            }
        }
        #expect(altered == 0)
        #expect(refused > 100)
    }

    @Test func `a corrupt dead letter is not retried, and is discarded`() throws {
        try append(["a", "b"])
        // Given up just now: an old one would be deleted.
        let dead =
            "state=3, reason='expired', due_ms=CAST(strftime('%s', 'now') AS INTEGER) * 1000"
        try change("UPDATE delivery SET \(dead), body=x'41' WHERE id=1")
        try change("UPDATE delivery SET \(dead) WHERE id=2")
        let live = try LiveStore(path: path)
        let desk = Desk.over(live)
        let named = try Desk.ask(desk, .retry(AdminChange(.ids([1]))))
        #expect(Desk.outcomes(named) == ["1 corrupt"])
        var change = AdminChange(.all)
        change.isDryRun = false
        let all = try Desk.ask(desk, .retry(change))
        #expect(Desk.end(all)?.counts == ["retried": 1, "corrupt": 1])
        let list = try Desk.ask(desk, .list(AdminList()))
        let rows = list.compactMap { if case .delivery(let row) = $0 { row.corrupt } else { nil } }
        #expect(rows == [true])
        let gone = try Desk.ask(desk, .discard(AdminChange(.ids([1])), quarantined: false))
        #expect(Desk.outcomes(gone) == ["1 discarded"])
        #expect(live.metrics.corruptRows[.delivery].value == 1)
    }

    @Test func `a corrupt request in quarantine is not released, and is discarded`() throws {
        do {
            let store = try DeliveryStore(path: path)
            try transaction(store) { _ = try store.quarantine.keep(Refused.request(1)) }
        }
        try change("UPDATE quarantine SET body=body || x'41'")
        let live = try LiveStore(path: path)
        let desk = Desk.over(live)
        for force in [false, true] {
            let lines = try Desk.ask(desk, .release(AdminChange(.ids([1])), force: force))
            #expect(Desk.outcomes(lines) == ["1 corrupt"])
        }
        let gone = try Desk.ask(desk, .discard(AdminChange(.ids([1])), quarantined: true))
        #expect(Desk.outcomes(gone) == ["1 discarded"])
        #expect(live.metrics.corruptRows[.quarantine].value == 1)
    }

    @Test func `a corrupt request that nobody verified becomes a dead letter`() throws {
        let account = Array("AC1".utf8)
        let request = Refused.request(1).request
        do {
            let store = try DeliveryStore(
                path: path, unverifiedMax: UnverifiedRows.Size(rows: 9, bytes: 9999))
            try transaction(store) {
                _ = try store.unverified.add(
                    UnverifiedRequest(request: request, network: [], isKnownAccount: true),
                    account: account[...], fingerprint: Refused.request(1).fingerprint,
                    receivedMilliseconds: 1000)
            }
        }
        try change("UPDATE unverified SET received_ms=1001")
        let live = try LiveStore(path: path)
        live.group.verify(account)
        #expect(eventually { live.group.status.counts?[.normal, .deadLettered] == 1 })
        let desk = Desk.over(live)
        #expect(Desk.outcomes(try Desk.ask(desk, .retry(AdminChange(.ids([1]))))) == ["1 corrupt"])
        #expect(live.metrics.corruptRows[.unverified].value == 1)
    }
}
