import SQLite
import TestSupport
import Testing

@testable import Hookline

/// What a process stores that was started after a failed sync.
@Suite struct FailedSyncTests {
    private func webhook(_ sid: String) -> Webhook {
        Webhook(
            kind: .message, priority: .normal,
            identity: Identity(account: [0x41], messageSID: Array(sid.utf8)[...]),
            receivedMilliseconds: 1000,
            head: WebhookHead(sample: ["https://h", "/x?y", "a/b", "s", "", "A", sid]),
            body: Array("body".utf8))
    }

    private func append(_ store: DeliveryStore, _ webhooks: [Webhook]) throws -> [Int64?] {
        try transaction(store) { try webhooks.map { try store.append($0) } }
    }

    @Test func `what is stored behind a failed sync survives a power cut`() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            let disk = Disk(seed: seed)
            do {
                let store = try DeliveryStore(path: disk.path("/db"))
                _ = try append(store, [webhook("a")])
                disk.fail(at: 1, of: .sync)
                #expect(throws: SQLiteError.self) { try append(store, [webhook("b")]) }
                disk.count()
                disk.stop()
            }
            disk.restart()
            do {
                let store = try DeliveryStore(path: disk.path("/db"))
                _ = try append(store, [webhook("c")])
                disk.stop()
            }
            disk.cutPower(keep: 0)
            let store = try DeliveryStore(path: disk.path("/db"))
            #expect(try append(store, [webhook("a"), webhook("c")]) == [nil, nil], "\(seed)")
        }
    }
}
