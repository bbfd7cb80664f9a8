import Foundation
import POSIX
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import Hookline

/// Changes of many rows while webhooks keep coming.
@Suite(.serialized) struct BulkChangeTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }

    init() throws { folder = try TemporaryFolder() }

    private func fill(_ rows: Int, _ sql: String, _ parts: [[UInt8]]) throws {
        _ = try DeliveryStore(path: path)
        let file = try Connection(path: path, create: false)
        let query = try file.prepare(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<\(rows)) \(sql)")
        for (index, part) in parts.enumerated() { try query.bind(Int32(index + 1), part) }
        try query.run()
    }

    private func fillDeadLetters(_ rows: Int) throws {
        let webhook = Genuine.webhook("SM1")
        // The last one's identity keeps numbers from beginning again.
        try fill(
            rows, "INSERT INTO identity SELECT i, randomblob(16), 1000 FROM n WHERE i=\(rows)", [])
        try fill(
            rows,
            """
            INSERT INTO delivery(id, priority, state, due_ms, attempts, reason, kind, received_ms,
                identity, head, body)
            SELECT i, 1, 3, 0, 9, 'expired', 0, 1000, randomblob(16), ?1, ?2 FROM n
            """, [webhook.head.bytes, webhook.body])
    }

    /// Makes a change through the socket while messages are appended one after another; returns
    /// its counts.
    private func change(
        _ live: LiveStore, _ verb: QueueChange.Verb, desk: QueueAdmin? = nil
    ) throws -> [String: Int] {
        let server = AdminServer(desk: desk ?? Desk.over(live))
        try server.start(path: folder.path("control"))
        defer { server.stop() }
        let sender = Sender(group: live.group)
        let thread = try WorkerThread.start(name: "sender") { sender.run() }
        defer {
            sender.isDone.store(true, ordering: .releasing)
            thread.join()
        }
        let report = try QueueChange(verb, client: AdminClient(dataDirectory: folder.path))
            .run(.all, isDryRun: false)
        #expect(report.error == nil && report.isAsWished)
        let waits = sender.waits.withLock { $0 }
        #expect(waits.count >= 20)
        // R1: the store's half of the response deadline.
        #expect((waits.max() ?? 0) < 1_000_000_000)
        return report.counts
    }

    /// Appends messages, one after another.
    private final class Sender: Sendable {
        let group: SQLiteQueue
        let isDone = Atomic<Bool>(false)
        let waits = Mutex<[UInt64]>([])

        init(group: SQLiteQueue) { self.group = group }

        func run() {
            var number = 0
            while !isDone.load(ordering: .acquiring) {
                number += 1
                let receipt = NotedReceipt()
                let start = MonotonicClock.now()
                let pending = PendingWebhook(
                    webhook: Genuine.webhook("live \(number)"), receivedNanoseconds: start,
                    receipt: receipt)
                guard group.append([pending]).isEmpty,
                    eventually({ receipt.outcome.withLock { $0 } != nil })
                else { return }
                waits.withLock { $0.append(MonotonicClock.now() - start) }
            }
        }
    }

    @Test func `R1 X9 webhooks are answered while 100,000 dead letters are retried`() throws {
        let rows = 100_000
        try fillDeadLetters(rows)
        let live = try LiveStore(path: path)
        #expect(try change(live, .retry) == ["retried": rows])
        let counts = try live.group.perform(.reading) { store throws(SQLiteError) in
            store.rows.counts
        }
        #expect(counts[.normal, .deadLettered] == 0)
        #expect(counts[.normal, .available] > Int64(rows))
    }

    @Test func `R1 X9 webhooks are answered while 10,000 dead letters are discarded`() throws {
        let rows = 10_000
        try fillDeadLetters(rows)
        let live = try LiveStore(path: path)
        #expect(try change(live, .discard) == ["discarded": rows])
        let counts = try live.group.perform(.reading) { store throws(SQLiteError) in
            store.rows.counts
        }
        #expect(counts[.normal, .deadLettered] == 0)
    }

    @Test func `R1 X7 webhooks are answered while 10,000 requests are released`() throws {
        let rows = 10_000
        let request = Refused.request(1)
        try fill(
            rows,
            """
            INSERT INTO quarantine(fingerprint, received_ms, reason, proven, source, network,
                bytes, head, body)
            SELECT randomblob(16), 1000, 'invalid_signature', i%2, ?1, ?1, length(?2), ?2,
                CAST(i AS BLOB)
            FROM n
            """, [[10, 0, 0, 1], RequestRecord.head(of: request.request)])
        let live = try LiveStore(path: path)
        // Every body is another message.
        let desk = QueueAdmin(
            store: live.group, shared: nil,
            verify: { refused, _ in
                .success(
                    Genuine.webhook("SM" + String(decoding: refused.request.body, as: UTF8.self)))
            }, trust: { _ in nil }, log: Log(format: .json, level: .critical))
        #expect(try change(live, .release, desk: desk) == ["released": rows])
        #expect(live.quarantine.status.figures?.rows == 0)
    }
}
