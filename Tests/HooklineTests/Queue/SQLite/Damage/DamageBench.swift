import POSIX
import SQLite
import TestSupport

@testable import Hookline

/// A data folder whose files are damaged, and what a start makes of it.
struct DamageBench {
    let folder: TemporaryFolder
    let report: StoreReport

    init() throws {
        folder = try TemporaryFolder()
        report = StoreReport(folder: folder.path, log: Log(format: .json, level: .critical))
    }

    var database: String { folder.path("hookline.sqlite") }

    var opening: StoreOpening { opening(salvageNanoseconds: 60_000_000_000) }

    /// An opening that copies for so long before it returns.
    func opening(salvageNanoseconds: UInt64) -> StoreOpening {
        StoreOpening(
            folder: folder.path, report: report, salvageNanoseconds: salvageNanoseconds
        ) { [database] () throws(StoreError) in
            try DeliveryStore(
                path: database, unverifiedMax: UnverifiedRows.Size(rows: 99, bytes: 99_999))
        }
    }

    /// One transaction, noted in the marker as the store thread does it.
    func commit(_ opened: StoreOpening.Opened, _ body: () throws -> Void) throws {
        try transaction(opened.store, body)
        opened.marker.note(opened.store.mark)
    }

    /// Replaces a page of the database, which nobody has open, by noise.
    func spoil(page: Int) throws {
        var bytes = folder.bytes("hookline.sqlite") ?? []
        bytes.replaceSubrange(
            page * 4096..<(page + 1) * 4096, with: [UInt8](repeating: 0xa5, count: 4096))
        try folder.write(bytes, to: "hookline.sqlite")
    }

    /// The page, from 0, that is the root of a table or an index.
    func root(_ name: String) throws -> Int {
        let root = try Connection(path: database, create: false)
            .prepare("SELECT rootpage FROM sqlite_schema WHERE name='\(name)'")
        return try root.step() ? Int(root.integer(0)) - 1 : 0
    }

    /// Appends messages of these numbers, one transaction each.
    func append(_ opened: StoreOpening.Opened, _ numbers: ClosedRange<Int>) throws {
        for number in numbers {
            try commit(opened) { _ = try opened.store.append(Self.webhook(number)) }
        }
    }

    /// Everything that can be claimed.
    static func claim(_ store: DeliveryStore) throws -> [Delivery] {
        try transaction(store) { try store.rows.claim(.max, nowMilliseconds: .max) }
    }

    /// A message of its own size, with media every fifth time.
    static func webhook(_ number: Int) -> Webhook {
        let body =
            "MessageSid=SM\(number)&Body="
            + String(repeating: "\(number % 10)", count: number * 37 % 700)
        return Webhook(
            kind: .message, priority: number % 5 == 0 ? .high : .normal,
            identity: Identity(account: [0x41], messageSID: Array("SM\(number)".utf8)[...]),
            receivedMilliseconds: Int64(1000 + number),
            head: WebhookHead(
                sample: [
                    "https://h.example.com", "/webhook/sms", "a/b", "s", "", "A", "SM\(number)",
                ]),
            body: Array(body.utf8))
    }

    /// The number of a message; nil for one that this bench never made, or not so.
    static func number(_ webhook: Webhook) -> Int? {
        let sid = String(decoding: webhook[.messageSID].dropFirst(2), as: UTF8.self)
        guard let number = Int(sid) else { return nil }
        let sent = self.webhook(number)
        let isSame =
            sent.body == webhook.body && sent.head == webhook.head && sent.kind == webhook.kind
            && sent.identity == webhook.identity
            && sent.receivedMilliseconds == webhook.receivedMilliseconds
        return isSame ? number : nil
    }
}
