import SQLite
import TestSupport
import Testing

@testable import Hookline

@Suite struct IdentityPruningTests {
    private let folder: TemporaryFolder
    private let connection: Connection
    private static let old = 6000

    /// A file with old identities, all of them in the index.
    init() throws {
        folder = try TemporaryFolder()
        connection = try Connection(path: folder.path("store"), create: true)
        try connection.execute(Schema.version1)
        try connection.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<\(Self.old))
            INSERT INTO identity SELECT i, randomblob(16), 1000 FROM n;
            INSERT INTO identity_index SELECT key, id FROM identity;
            UPDATE identity_mark SET indexed_id=\(Self.old)
            """)
    }

    private func count(_ table: String, _ condition: String = "1") throws -> Int64 {
        let query = try connection.prepare("SELECT count(*) FROM \(table) WHERE \(condition)")
        _ = try query.step()
        return query.integer(0)
    }

    private func transaction(
        _ seen: SeenIdentities, commits: Bool = true, _ body: () throws -> Void
    ) throws {
        seen.begin()
        try connection.execute("BEGIN")
        try body()
        try connection.execute(commits ? "COMMIT" : "ROLLBACK")
        if commits { seen.committed() } else { seen.rolledBack() }
    }

    private func claim(_ seen: SeenIdentities, _ numbers: Range<Int>) throws {
        _ = try seen.claim(
            numbers.map {
                SeenMessage(
                    identity: Identity(account: [0x41], messageSID: Array("SM\($0)".utf8)[...]),
                    seenMilliseconds: 9000)
            })
    }

    /// Also while the new ones enter the index, which they do several times meanwhile.
    @Test(arguments: [7, 100])
    func `for each new identity two old ones go, at least`(_ size: Int) throws {
        let seen = try SeenIdentities(connection, recentMax: 400)
        seen.forget(before: 5000)
        var added = 0
        while added * 2 < Self.old {
            try transaction(seen) {
                try claim(seen, added..<added + size)
                try seen.keepUp()
            }
            added += size
        }
        #expect(try count("identity", "seen_ms=1000") == 0)
        #expect(try count("identity_index", "id<=\(Self.old)") == 0)
        #expect(try count("identity") == Int64(added))
        try transaction(seen) { try claim(seen, 0..<added) }
        #expect(try count("identity") == Int64(added))
    }

    @Test func `what is rolled back is forgotten later, and a restart begins again`() throws {
        var seen = try SeenIdentities(connection)
        seen.forget(before: 5000)
        for turn in 0..<400 {
            try transaction(seen, commits: turn % 2 == 1) { _ = try seen.tidy(count: 100) }
            if turn % 25 == 24 {
                seen = try SeenIdentities(connection)
                seen.forget(before: 5000)
            }
        }
        while seen.isPruningDue { try transaction(seen) { _ = try seen.tidy(count: 100) } }
        // The last number stays.
        #expect(try count("identity") == 1)
        #expect(try count("identity_index") == 1)
    }

    @Test func `what has a delivery stays, wherever it lies`() throws {
        try connection.execute(
            """
            INSERT INTO delivery
            SELECT id, 1, 3, 0, 0, NULL, 0, 0, x'', x'', x'' FROM identity
            WHERE id<2500 OR id%100=0
            """)
        let kept = try count("delivery")
        let seen = try SeenIdentities(connection)
        seen.forget(before: 5000)
        while seen.isPruningDue { try transaction(seen) { _ = try seen.tidy(count: 100) } }
        #expect(try count("identity") == kept)
        #expect(try count("identity_index") == kept)
        try connection.execute("DELETE FROM delivery")
        seen.forget(before: 5000, again: true)
        while seen.isPruningDue { try transaction(seen) { _ = try seen.tidy(count: 100) } }
        #expect(try count("identity") == 1)
    }
}
