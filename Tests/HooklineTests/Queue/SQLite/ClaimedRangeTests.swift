import SQLite
import TestSupport
import Testing

@testable import Hookline

@Suite struct ClaimedRangeTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }

    init() throws { folder = try TemporaryFolder() }

    private func append(_ store: DeliveryStore, _ numbers: ClosedRange<Int>, running: Bool) throws {
        try transaction(store) {
            _ = try store.append(
                numbers.map {
                    (webhook: Genuine.webhook("SM\($0)"), running: running ? .first : .none)
                })
        }
    }

    private func running(_ store: DeliveryStore) throws -> [Int64] {
        var page = DeliveryPage(rowsMax: 64, state: .running)
        var ids: [Int64] = []
        while true {
            let answer = try store.listing.ids(page)
            ids += answer.rows
            if answer.isAtEnd { return ids }
            page.afterID = answer.lastID
        }
    }

    @Test func `what was claimed as it came is owed after a crash, whatever came after it`() throws
    {
        do {
            let store = try DeliveryStore(path: path)
            try append(store, 1...3, running: true)
            try append(store, 4...10, running: false)
            // Through the middle of the range, behind its end, and in one step over all of it.
            for size in [9000, 9000, 40_000] {
                let first = Int(store.rows.counts.owed) + 1
                try append(store, first...first + size, running: false)
                #expect(try running(store) == [1, 2, 3])
            }
            try append(store, 60_001...60_002, running: true)
            let last = try #require(try running(store).last)
            #expect(try running(store) == [1, 2, 3, last - 1, last])
            let claimed = try transaction(store) { try store.rows.claim(2, nowMilliseconds: .max) }
            #expect(claimed.map(\.id) == [4, 5])
            #expect(try running(store) == [1, 2, 3, 4, 5, last - 1, last])
            // A row that ends leaves every index.
            try transaction(store) { try store.rows.apply([claimed[0].completion]) }
            #expect(try running(store) == [1, 2, 3, 5, last - 1, last])
            #expect(try countedRows(path) == store.rows.counts)
        }
        let store = try DeliveryStore(path: path)
        #expect(try running(store).isEmpty)
        #expect(try countedRows(path) == store.rows.counts)
        let check = try Connection(path: path, create: false).prepare("PRAGMA integrity_check")
        #expect(try check.step() && check.text(0) == "ok")
        // In the order in which they were due before.
        let claimed = try transaction(store) { try store.rows.claim(3, nowMilliseconds: .max) }
        #expect(claimed.map(\.id) == [1, 2, 3] && claimed.map(\.attempt) == [2, 2, 2])
    }

    @Test func `a transaction that is rolled back leaves the range where it was`() throws {
        let store = try DeliveryStore(path: path)
        try append(store, 1...1, running: true)
        try store.begin()
        _ = try store.append(
            (2...20_000).map { (webhook: Genuine.webhook("SM\($0)"), running: .none) })
        store.rollBack()
        #expect(try running(store) == [1])
        try append(store, 2...3, running: true)
        #expect(try running(store) == [1, 2, 3])
        #expect(try DeliveryStore(path: path).rows.counts.owed == 3)
    }
}
