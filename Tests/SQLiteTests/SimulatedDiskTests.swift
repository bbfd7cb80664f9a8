import TestSupport
import Testing

@testable import SQLite

/// The disk of the simulation is a disk: SQLite works on it, and it loses no more and no less than
/// one may.
@Suite struct SimulatedDiskTests {
    private let disk = Disk(seed: 7)

    private func open(_ synchronous: String = "FULL") throws -> Connection {
        let connection = try Connection(path: disk.path("/db"), create: true)
        try connection.execute(
            """
            PRAGMA journal_mode=WAL; PRAGMA synchronous=\(synchronous);
            CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b)
            """)
        return connection
    }

    private func insert(_ connection: Connection, _ rows: ClosedRange<Int>) throws {
        for row in rows {
            try connection.execute("INSERT INTO t VALUES(\(row), randomblob(900))")
        }
    }

    private func rows(_ connection: Connection) throws -> [Int64] {
        let query = try connection.prepare("SELECT a FROM t ORDER BY a")
        var rows: [Int64] = []
        while try query.step() { rows.append(query.integer(0)) }
        return rows
    }

    private func isWhole(_ connection: Connection) throws -> Bool {
        let check = try connection.prepare("PRAGMA integrity_check")
        return try check.step() && check.text(0) == "ok"
    }

    @Test func `a database is there for other connections, and after the last has closed`() throws {
        do {
            let one = try open()
            try insert(one, 1...300)
            let other = try open()
            #expect(try rows(other).count == 300)
            try other.execute("BEGIN IMMEDIATE; INSERT INTO t VALUES(999, '')")
            let busy = #expect(throws: SQLiteError.self) { try insert(one, 301...301) }
            #expect(busy?.reason == .busy)
            try other.execute("ROLLBACK")
            try insert(one, 301...301)
            #expect(try one.checkpoint(truncating: true) == 0)
            #expect(disk.size("/db-wal") == 0)
            #expect(try isWhole(other))
        }
        #expect(disk.size("/db-wal") == nil)
        #expect(disk.size("/db") ?? 0 > 300 * 900)
        #expect(try rows(open()).count == 301)
        #expect(disk.bytes("/db")?.starts(with: Array("SQLite format 3".utf8)) == true)
    }

    @Test func `a rollback journal is rolled back after the process was killed`() throws {
        for call in 1...60 {
            let disk = Disk(seed: UInt64(call))
            do {
                let connection = try Connection(path: disk.path("/db"), create: true)
                // The journal's removal is durable too.
                try connection.execute(
                    "PRAGMA synchronous=EXTRA; CREATE TABLE t(a); INSERT INTO t VALUES(1)")
                disk.fail(at: UInt64(call), .stops)
                // Whether it fails depends on the call.
                try? connection.execute("UPDATE t SET a=2")
            }
            disk.count()
            disk.stop()
            disk.cutPower(keep: 500)
            let connection = try Connection(path: disk.path("/db"), create: false)
            #expect(try isWhole(connection))
            let query = try connection.prepare("SELECT a FROM t")
            #expect(try query.step() && [1, 2].contains(query.integer(0)))
        }
    }

    @Test(arguments: [0, 300, 700, 1000] as [UInt32])
    func `a power cut keeps what was synced and the database whole`(keep: UInt32) throws {
        for seed in 0..<20 {
            let disk = Disk(seed: UInt64(seed))
            do {
                let connection = try Connection(path: disk.path("/db"), create: true)
                try connection.execute(
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(a, b)")
                for row in 1...30 {
                    try connection.execute("INSERT INTO t VALUES(\(row), randomblob(2000))")
                    if row % 10 == 5 { try connection.checkpoint(truncating: row == 25) }
                }
                try connection.execute("BEGIN; INSERT INTO t VALUES(31, '')")
                disk.stop()
            }
            disk.cutPower(keep: keep)
            let connection = try Connection(path: disk.path("/db"), create: false)
            #expect(try isWhole(connection))
            let query = try connection.prepare("SELECT count(*), max(a) FROM t")
            #expect(try query.step() && query.integer(0) == 30 && query.integer(1) == 30)
        }
    }

    @Test func `a power cut takes what was not synced, and a kill does not`() throws {
        do {
            let connection = try open("OFF")
            try insert(connection, 1...50)
            disk.stop()
        }
        disk.restart()
        do {
            let connection = try open("OFF")
            #expect(try rows(connection).count == 50)
            try insert(connection, 51...60)
            disk.stop()
        }
        disk.cutPower(keep: 0)
        #expect(disk.size("/db-wal") == nil)
        #expect(disk.size("/db") ?? 0 < 50 * 900)
    }

    @Test func `what is not synced is lost in part, and torn`() throws {
        var sizes: Set<Int> = []
        var torn = 0
        for seed in 0..<50 {
            let disk = Disk(seed: UInt64(seed))
            let bytes = [UInt8](repeating: 0xaa, count: 4096)
            #expect(disk.append(bytes, to: "/log") && disk.syncFolder())
            disk.stop()
            disk.cutPower(keep: 500)
            let left = try #require(disk.bytes("/log"))
            sizes.insert(left.count)
            if left.contains(where: { $0 != 0xaa }) { torn += 1 }
        }
        #expect(sizes.count >= 2 && torn > 10)
    }

    @Test func `a removed file is back after a power cut unless the folder was synced`() {
        #expect(disk.append([1], to: "/a") && disk.append([2], to: "/b") && disk.syncFolder())
        #expect(disk.remove("/a") && disk.syncFolder() && disk.remove("/b"))
        #expect(disk.size("/b") == nil)
        disk.cutPower(keep: 0)
        #expect(disk.size("/a") == nil && disk.size("/b") != nil)
    }

    @Test func `each call can fail, and what it says is what SQLite reports`() throws {
        let reasons: [(Disk.Calls, Disk.Fault, SQLiteError.Reason)] = [
            (.write, .fails, .inputOutput), (.write, .isFull, .full), (.sync, .fails, .sync),
        ]
        for (calls, fault, reason) in reasons {
            let disk = Disk()
            let connection = try Connection(path: disk.path("/db"), create: true)
            try connection.execute(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(a)")
            disk.fail(at: 1, of: calls, fault)
            let error = #expect(throws: SQLiteError.self) {
                try connection.execute("INSERT INTO t VALUES(1)")
            }
            #expect(error?.reason == reason)
            #expect(disk.hasFailed && disk.calls >= 1)
            try connection.execute("INSERT INTO t VALUES(2)")
            #expect(try isWhole(connection))
        }
    }

    @Test func `a full disk takes no more, and takes again what was freed`() throws {
        let connection = try open()
        try insert(connection, 1...20)
        disk.capacity = disk.used + 10_000
        let error = #expect(throws: SQLiteError.self) { try insert(connection, 21...60) }
        #expect(error?.reason == .full)
        disk.capacity = .max
        let before = try rows(connection).count
        try insert(connection, 100...110)
        #expect(try rows(connection).count == before + 11)
        #expect(try isWhole(connection))
    }

    @Test func `what a failed sync was to save never reaches the disk later`() throws {
        var lost = 0
        for seed in 0..<20 {
            let disk = Disk(seed: UInt64(seed))
            #expect(disk.syncFolder())
            do {
                let connection = try Connection(path: disk.path("/db"), create: true)
                try connection.execute(
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE t(a, b)")
                try connection.checkpoint(truncating: true)
                try connection.execute("INSERT INTO t VALUES(1, randomblob(9000))")
                disk.fail(at: 1, of: .sync)
                #expect(throws: SQLiteError.self) { try connection.checkpoint(truncating: false) }
                // It now says that all is well, as Linux does.
                disk.stop()
            }
            disk.cutPower(keep: 1000)
            let connection = try Connection(path: disk.path("/db"), create: false)
            let query = try connection.prepare("SELECT count(*) FROM t")
            if try query.step(), query.integer(0) == 0 { lost += 1 }
        }
        #expect(lost > 10)
    }

    @Test func `a flipped bit is there, in memory or on the disk`() throws {
        let connection = try open()
        try connection.execute("INSERT INTO t VALUES(1, zeroblob(3000))")
        try connection.checkpoint(truncating: true)
        let size = try #require(disk.size("/db"))
        let before = try #require(disk.bytes("/db"))
        #expect(disk.damage("/db", at: size - 1, mask: 0x40))
        #expect(try #require(disk.bytes("/db"))[size - 1] == before[size - 1] ^ 0x40)
        #expect(!disk.damage("/db", at: size))
        let other = Disk()
        other.fail(at: 1, .flips)
        #expect(other.append([0, 0, 0], to: "/a"))
        #expect(other.bytes("/a")?.map(\.nonzeroBitCount).reduce(0, +) == 1)
    }

    @Test func `one seed does the same each time`() throws {
        func traces(_ seed: UInt64) throws -> [UInt8] {
            let disk = Disk(seed: seed)
            do {
                #expect(disk.append([UInt8](repeating: 3, count: 9000), to: "/a"))
                #expect(disk.syncFolder())
            }
            disk.cutPower(keep: 400)
            return try #require(disk.bytes("/a"))
        }
        #expect(try traces(5) == traces(5))
        #expect(try traces(5) != traces(6))
    }

    @Test func `others work while a file is synced`() throws {
        let connection = try open()
        var syncs = 0
        disk.onSync { syncs += 1 }
        try insert(connection, 1...3)
        #expect(syncs == 3)
        disk.onSync { [unowned disk] in disk.stop() }
        #expect(throws: SQLiteError.self) { try insert(connection, 4...4) }
    }
}
