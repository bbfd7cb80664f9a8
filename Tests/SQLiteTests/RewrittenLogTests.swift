import TestSupport
import Testing

@testable import SQLite

/// The log that an ended process left is written over itself before it is read.
@Suite struct RewrittenLogTests {
    /// A process meets a failed sync and ends. The next one commits with every sync that it should
    /// make, and then the power goes; true when its commit is lost.
    private func loses(seed: UInt64, rewriting: Bool) throws -> Bool {
        let disk = Disk(seed: seed)
        do {
            let connection = try Connection(path: disk.path("/db"), create: true)
            try connection.execute(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(a, b)")
            try connection.checkpoint(truncating: true)
            // The first one is that of the log's head.
            disk.fail(at: 2, of: .sync)
            let error = #expect(throws: SQLiteError.self) {
                try connection.execute("INSERT INTO t VALUES(1, randomblob(60000))")
            }
            #expect(error?.reason == .sync)
            disk.count()
            disk.stop()
        }
        disk.restart()
        do {
            let next = try Connection(path: disk.path("/db"), create: false)
            if rewriting { try next.rewriteLog() }
            try next.execute("PRAGMA synchronous=FULL; INSERT INTO t VALUES(2, randomblob(900))")
            disk.stop()
        }
        disk.cutPower(keep: 0)
        let last = try Connection(path: disk.path("/db"), create: false)
        let check = try last.prepare("PRAGMA integrity_check")
        #expect(try check.step() && check.text(0) == "ok")
        let query = try last.prepare("SELECT count(*) FROM t WHERE a=2")
        return try !query.step() || query.integer(0) == 0
    }

    @Test func `what is committed behind a failed sync is kept once the log is written over`()
        throws
    {
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(try !loses(seed: seed, rewriting: true), "\(seed)")
        }
    }

    @Test func `control: without that a power cut takes it`() throws {
        let lost = try (1...20).count { try loses(seed: $0, rewriting: false) }
        print("commits behind a failed sync that a power cut took: \(lost) of 20")
        #expect(lost > 0)
    }

    @Test func `a log of a real file is written over in pieces, and says the same`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("db")
        let writer = try Connection(path: path, create: true)
        try writer.execute("PRAGMA journal_mode=WAL; CREATE TABLE t(a, b)")
        for row in 1...3 { try writer.execute("INSERT INTO t VALUES(\(row), randomblob(200000))") }
        let before = try #require(folder.bytes("db-wal"))
        try Connection(path: path, create: false).rewriteLog()
        #expect(folder.bytes("db-wal") == before)
        let query = try Connection(path: path, create: false).prepare("SELECT count(*) FROM t")
        #expect(try query.step() && query.integer(0) == 3)
    }

    @Test func `a database without a log is left alone`() throws {
        let disk = Disk()
        let connection = try Connection(path: disk.path("/none"), create: true)
        try connection.rewriteLog()
        #expect(disk.size("/none") == 0 && disk.size("/none-wal") == nil)
    }
}
