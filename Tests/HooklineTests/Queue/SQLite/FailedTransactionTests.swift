import SQLite
import TestSupport
import Testing

@testable import Hookline

/// What the store thread does after a transaction that failed.
@Suite struct FailedTransactionTests {
    private let store = SteppedStore()

    private func pending(_ sid: String) -> PendingWebhook {
        PendingWebhook(
            webhook: Genuine.webhook(sid), receivedNanoseconds: 0, receipt: NotedReceipt())
    }

    @Test func `what a failed transaction claimed is claimed again soon`() throws {
        store.at(10) { queue in
            queue.want(1)
            _ = queue.append([pending("SM1")])
        }
        store.at(100) { [store] queue in
            let due = queue.clock.nowMilliseconds + 1000
            for claimed in store.claimed {
                queue.record([.retry(id: claimed.id, dueMilliseconds: due)])
            }
            queue.want(2)
        }
        // The next transaction that writes is the claim of what is due by then.
        store.at(1050) { [disk = store.disk] _ in disk.fail(at: 1, of: .write) }
        store.at(1500) { [disk = store.disk] _ in #expect(disk.hasFailed) }
        try store.run(until: 60_000)
        #expect(store.claimed.map(\.id) == [1, 1])
        let last = try #require(store.claimed.last)
        #expect((1101..<2000).contains(last.milliseconds), "\(last.milliseconds)")
    }

    @Test func `an id that is taken already says that the database is damaged`() throws {
        store.at(10) { [disk = store.disk] queue in
            // What a damaged tree looks like: the number after the last one is there.
            try? Connection(path: disk.path("/store"), create: false)
                .execute("INSERT INTO identity VALUES(1, x'00', 0)")
            _ = queue.append([pending("SM1")])
        }
        #expect(try store.run(until: 1000) == .damaged)
    }

    @Test func `while nothing can be written the thread waits between two tries`() throws {
        store.at(10) { [disk = store.disk] queue in
            disk.rates.write_fails = 1_000_000
            queue.settle(Genuine.webhook("SM1"))
            queue.verify([0x41])
        }
        store.at(2010) { [disk = store.disk] _ in disk.rates.write_fails = 0 }
        try store.run(until: 5000)
        // A try each 20 ms.
        #expect(store.waits < 200 && store.milliseconds >= 5000)
    }
}
