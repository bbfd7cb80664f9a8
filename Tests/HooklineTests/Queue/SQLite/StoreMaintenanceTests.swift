import POSIX
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import Hookline

/// What the store thread deletes while it has nothing else to do.
@Suite struct StoreMaintenanceTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }

    init() throws { folder = try TemporaryFolder() }

    /// Writes into the file before the store opens it.
    private func write(_ sql: String) throws {
        _ = try DeliveryStore(path: path)
        let webhook = Genuine.webhook("SM1")
        let query = try Connection(path: path, create: false).prepare(sql)
        if sql.contains("?1") { try query.bind(1, webhook.head.bytes) }
        try query.run()
    }

    private func deadLetters(_ live: LiveStore) throws -> [Int64] {
        try live.group.perform(.reading) { store throws(SQLiteError) in
            try store.listing.ids(DeliveryPage(rowsMax: 10_000, state: .deadLettered)).rows
        }
    }

    /// 5,000 dead letters; the larger its number, the earlier one was given up.
    private func fill(newestMilliseconds: Int64) throws {
        try write(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<5000)
            INSERT INTO delivery(id, priority, state, due_ms, attempts, reason, kind, received_ms,
                identity, head, body)
            SELECT i, i%2, 3, \(newestMilliseconds) - i * 1000, 9, 'expired', 0, 1000,
                randomblob(16), ?1, x'' FROM n
            """)
        // The last one's identity keeps numbers from beginning again.
        try write("INSERT INTO identity VALUES(5000, randomblob(16), 1000)")
    }

    @Test func `dead letters beyond the limit go, the oldest first, and are counted`() throws {
        try fill(newestMilliseconds: WallClock.nowMilliseconds())
        let dropped = Mutex<[DeadLetterDrop: Int]>([:])
        let live = try LiveStore(
            path: path,
            dropped: { more in dropped.withLock { $0.merge(more, uniquingKeysWith: +) } },
            configure: { $0.deadLetters.rowsMax = 1200 })
        #expect(try eventually { try deadLetters(live) == Array(1...1200) })
        #expect(eventually { dropped.withLock { $0 } == [.count: 3800] })
        #expect(live.group.figures?.deadLetters == 1200)
        #expect(try countedRows(path)[.high, .deadLettered] == 600)
    }

    @Test func `dead letters that are too old go, counted from when they were given up`() throws {
        let now = WallClock.nowMilliseconds()
        try fill(newestMilliseconds: now)
        let dropped = Mutex<[DeadLetterDrop: Int]>([:])
        let live = try LiveStore(
            path: path,
            dropped: { more in dropped.withLock { $0.merge(more, uniquingKeysWith: +) } },
            configure: { $0.deadLetters.retentionMilliseconds = 1_000_000 })
        #expect(try eventually { try deadLetters(live).count <= 1000 })
        let left = try deadLetters(live)
        #expect(left == Array(1...Int64(left.count)) && left.count > 800)
        #expect(eventually { dropped.withLock { $0[.age] ?? 0 >= 4000 && $0[.count] == nil } })
        // One that is given up now stays, however old its message is.
        try live.group.perform(.writing) { store throws(SQLiteError) in
            guard let id = try store.append(Genuine.webhook("SM9")) else { return }
            try store.rows.apply([.deadLetter(id: id, reason: .gone)])
        }
        let last = try deadLetters(live).last
        #expect(last == 5001)
        #expect(try live.group.show(last ?? 0)?.row.reason == "gone")
    }

    /// Some ten times as fast as one slice of 500 a second.
    @Test func `an idle store forgets all identities that are due, one slice after another`() throws
    {
        try write(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<30000)
            INSERT INTO identity SELECT i, randomblob(16), 1000 FROM n
            """)
        let live = try LiveStore(
            path: path, configure: { $0.dedupeRetentionMilliseconds = 60_000 })
        let file = try Connection(path: path, create: false)
        let count = try file.prepare("SELECT count(*) FROM identity")
        #expect(
            try eventually {
                count.reset()
                return try count.step() && count.integer(0) == 1
            })
        count.reset()
        #expect(live.group.status.isAlive)
    }
}
