import SQLite
import TestSupport
import Testing

@testable import Hookline

/// With a deep queue a start, and a look at it, read what they show and not the whole table.
@Suite struct DeepQueueTests {
    private static let rows = 30_000
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }
    private let tablePages: Int64

    /// A file in which nearly all is owed later, and a few rows of every other state lie at its
    /// end; each has a page of its own, or nearly.
    init() throws {
        folder = try TemporaryFolder()
        _ = try DeliveryStore(path: folder.path("store"))
        let file = try Connection(path: folder.path("store"), create: false)
        let webhook = Genuine.webhook("SM1")
        let fill = try file.prepare(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<\(Self.rows))
            INSERT INTO delivery(id, priority, state, due_ms, attempts, kind, received_ms,
                identity, head, body)
            SELECT i, i%2, CASE WHEN i<=\(Self.rows - 30) THEN 2 ELSE i%4 END,
                CASE WHEN i%4=1 AND i>\(Self.rows - 30) THEN -1 ELSE 1000000 + i END, 9, 0, 1000,
                randomblob(16), ?1, zeroblob(2500) FROM n
            """)
        try fill.bind(1, webhook.head.bytes)
        try fill.run()
        try file.execute(
            "INSERT INTO identity SELECT max(id), randomblob(16), 1000 FROM delivery")
        // As it is when all of them were appended by the store.
        try file.execute(
            "UPDATE delivery_mark SET after_id=\(Self.rows), through_id=\(Self.rows + 4096)")
        let pages = try file.prepare("PRAGMA page_count")
        _ = try pages.step()
        tablePages = pages.integer(0)
    }

    @Test func `a start reads none of the rows that wait`() throws {
        #expect(tablePages > Self.rows / 2)
        let store = try DeliveryStore(path: path)
        #expect(store.pagesRead < tablePages / 50, "\(store.pagesRead) of \(tablePages)")
        #expect(try countedRows(path) == store.rows.counts)
        #expect(store.rows.counts[.high, .running] + store.rows.counts[.normal, .running] == 0)
    }

    @Test(arguments: DeliveryState.allCases)
    func `a page of one state reads its rows and no others`(_ state: DeliveryState) throws {
        let store = try DeliveryStore(path: path)
        let before = store.pagesRead
        let found = try store.listing.page(DeliveryPage(rowsMax: 20, state: state))
        #expect(found.rows.allSatisfy { $0.state == state.rawValue })
        #expect(found.rows.map(\.id) == found.rows.map(\.id).sorted())
        // What ran was made available by the start.
        #expect(found.rows.isEmpty == (state == .running))
        #expect(store.pagesRead - before < 200, "\(store.pagesRead - before)")
    }

    @Test func `the ages are found without a look at the rows`() throws {
        let store = try DeliveryStore(path: path)
        let before = store.pagesRead
        for priority in DeliveryPriority.allCases {
            #expect(try store.rows.oldestReceivedMilliseconds(priority) == 1000)
        }
        #expect(store.pagesRead - before < 100)
    }
}
