import SQLite
import TestSupport
import Testing

@testable import Hookline

@Suite struct SeenIdentitiesTests {
    private let folder: TemporaryFolder
    private let connection: Connection

    init() throws {
        folder = try TemporaryFolder()
        connection = try Connection(path: folder.path("store"), create: true)
        try connection.execute(Schema.version1)
    }

    private func open() throws -> SeenIdentities {
        try SeenIdentities(connection, recentMax: 8, sliceMax: 3, filterCapacity: 1)
    }

    private func identity(_ number: Int) -> Identity {
        Identity(account: [0x41], messageSID: Array("SM\(number)".utf8)[...])
    }

    /// One transaction that claims and lets a slice enter the index; returns the new numbers.
    private func claim(
        _ seen: SeenIdentities, _ numbers: Range<Int>, seen milliseconds: Int64 = 0,
        commits: Bool = true, isNamed: Bool = true
    ) throws -> [Int64?] {
        seen.begin()
        try connection.execute("BEGIN")
        let ids = try seen.claim(
            numbers.map {
                SeenMessage(
                    identity: identity($0), seenMilliseconds: milliseconds, isNamed: isNamed)
            })
        try seen.keepUp()
        try connection.execute(commits ? "COMMIT" : "ROLLBACK")
        if commits { seen.committed() } else { seen.rolledBack() }
        return ids
    }

    private func prune(_ seen: SeenIdentities, before: Int64, count: Int = 100) throws -> Int {
        let rows = try self.count("identity")
        seen.forget(before: before, again: true)
        while seen.isPruningDue {
            seen.begin()
            try connection.execute("BEGIN")
            _ = try seen.tidy(count: count)
            try connection.execute("COMMIT")
            seen.committed()
        }
        return Int(rows - (try self.count("identity")))
    }

    private func count(_ table: String) throws -> Int64 {
        let query = try connection.prepare("SELECT count(*) FROM \(table)")
        _ = try query.step()
        return query.integer(0)
    }

    @Test
    func
        `X4 an identity is known while it enters the index, and after a restart`()
        throws
    {
        var seen = try open()
        for step in 0..<20 {
            #expect(
                try claim(seen, step * 2..<step * 2 + 2) == [
                    Int64(step * 2 + 1), Int64(step * 2 + 2),
                ])
            // A restart at every third step, so that some fall into the middle of a move.
            if step % 3 == 0 { seen = try open() }
            for number in 0..<(step * 2 + 2) {
                #expect(try seen.find(identity(number)) == Int64(number + 1), "step \(step)")
            }
            #expect(try claim(seen, 0..<(step * 2 + 2)).allSatisfy { $0 == nil })
        }
        #expect(try count("identity") == 40)
        #expect(try count("identity_index") >= 16)
    }

    /// Through a restart and through filters that became too small.
    @Test func `X4 a new message is told from those in the index without reading it`() throws {
        var seen = try open()
        for start in stride(from: 0, to: 120, by: 4) { _ = try claim(seen, start..<start + 4) }
        // More transactions, in which nothing new comes: what has gathered enters.
        for _ in 0..<60 { _ = try claim(seen, 0..<0) }
        #expect(try count("identity_index") > 100)
        seen = try open()
        // Nothing is known before the index was read, a slice with each transaction.
        #expect(try seen.find(identity(1000)) == nil && seen.indexReads == 1)
        for start in stride(from: 120, to: 360, by: 4) { _ = try claim(seen, start..<start + 4) }
        for _ in 0..<200 { _ = try claim(seen, 0..<0) }
        let before = seen.indexReads
        for number in 2000..<3000 { #expect(try seen.find(identity(number)) == nil) }
        #expect(seen.indexReads - before < 100)
        for number in 0..<360 { #expect(try seen.find(identity(number)) == Int64(number + 1)) }
        #expect(seen.indexReads - before > 300)
    }

    @Test func `what is rolled back was never seen, in memory and in the index`() throws {
        let seen = try open()
        for start in stride(from: 0, to: 8, by: 4) { _ = try claim(seen, start..<start + 4) }
        // Eight have gathered: each of these would move a slice.
        for _ in 0..<3 { #expect(try claim(seen, 100..<102, commits: false) == [9, 10]) }
        #expect(try count("identity_index") == 0)
        #expect(try claim(seen, 100..<102) == [9, 10])
        for _ in 0..<3 { _ = try claim(seen, 0..<0) }
        #expect(try count("identity_index") == 8)
        let reopened = try open()
        #expect(try claim(reopened, 0..<8).allSatisfy { $0 == nil })
        #expect(try claim(reopened, 100..<103) == [nil, nil, 11])
    }

    @Test func `pruning reaches memory and index, and numbers do not begin again`() throws {
        let seen = try open()
        for start in stride(from: 0, to: 12, by: 2) { _ = try claim(seen, start..<start + 2) }
        for _ in 0..<6 { _ = try claim(seen, 0..<0) }
        #expect(try count("identity_index") > 0)
        #expect(try prune(seen, before: 1) == 11)
        #expect(try count("identity") == 1)
        #expect(try count("identity_index") == 0)
        #expect(try claim(seen, 0..<1) == [13])
        #expect(try claim(try open(), 1..<2) == [14])
    }

    @Test func `an event without a name is a repetition only for a time`() throws {
        for isRestarted in [false, true] {
            var seen = try open()
            let start = isRestarted ? 100 : 0
            let numbers = start..<start + 1
            let first = try claim(seen, numbers, seen: 1_000_000, isNamed: false)
            #expect(first != [nil])
            // Retries do not move the time on.
            for late in [0, 60_000, 120_000, -120_000] {
                let repeated = try claim(
                    seen, numbers, seen: Int64(1_000_000 + late), isNamed: false)
                #expect(repeated == [nil], "\(late) ms later")
            }
            if isRestarted { seen = try open() }
            let again = try claim(seen, numbers, seen: 1_120_001, isNamed: false)
            #expect(again != [nil] && again != first)
            #expect(try claim(seen, numbers, seen: 1_120_002, isNamed: false) == [nil])
            // What was rolled back leaves the one before it.
            let undone = try claim(
                seen, numbers, seen: 9_000_000, commits: false, isNamed: false)
            #expect(undone != [nil])
            #expect(try claim(seen, numbers, seen: 1_120_003, isNamed: false) == [nil])
            #expect(try claim(seen, numbers, seen: 9_000_000, isNamed: false) != [nil])
        }
    }

    @Test func `an event that came again outlives the pruning of the one before it`() throws {
        // Through the index and without it.
        for (moves, others) in [(0, 3), (8, 9)] {
            try connection.execute(
                """
                DELETE FROM identity; DELETE FROM identity_index;
                UPDATE identity_mark SET indexed_id=0
                """)
            let seen = try open()
            _ = try claim(seen, 500..<501, seen: 0, isNamed: false)
            _ = try claim(seen, 501..<501 + others, seen: 0)
            for _ in 0..<moves { _ = try claim(seen, 0..<0) }
            let again = try claim(seen, 500..<501, seen: 1_000_000, isNamed: false)
            #expect(again != [nil])
            #expect(try prune(seen, before: 1) == 1 + others)
            #expect(try claim(seen, 500..<501, seen: 1_000_001, isNamed: false) == [nil])
            #expect(
                try claim(try open(), 500..<501, seen: 1_000_001, isNamed: false) == [nil])
        }
    }

    @Test func `the same event twice in one batch is one, and two when it may be`() throws {
        let seen = try open()
        seen.begin()
        try connection.execute("BEGIN")
        let ids = try seen.claim(
            [0, 5, 120_000, 120_001, 240_002].map {
                SeenMessage(
                    identity: identity(1), seenMilliseconds: $0, isNamed: false)
            })
        try connection.execute("COMMIT")
        seen.committed()
        #expect(ids == [1, nil, nil, 2, 3])
    }

    @Test func `pruning gets past messages that are still owed`() throws {
        let seen = try open()
        _ = try claim(seen, 0..<5)
        for id in 1...3 {
            try connection.execute(
                "INSERT INTO delivery VALUES(\(id), 1, 3, 0, 0, NULL, 0, 0, x'', x'', x'')")
        }
        for size in [1, 3] {
            #expect(try prune(seen, before: 1, count: size) == (size == 1 ? 1 : 0))
        }
        #expect(try count("identity") == 4)
        // Looking at them writes nothing, and goes on where it was.
        seen.forget(before: 1, again: true)
        var looks = 0
        while seen.isPruningDue {
            looks += 1
            seen.begin()
            try connection.execute("BEGIN")
            #expect(try !seen.tidy(count: 1))
            try connection.execute("ROLLBACK")
            seen.rolledBack()
        }
        #expect(looks == 4)
        // They are looked at again, when their deliveries may be gone.
        try connection.execute("DELETE FROM delivery WHERE id<3")
        #expect(try prune(seen, before: 1, count: 3) == 2)
    }
}
