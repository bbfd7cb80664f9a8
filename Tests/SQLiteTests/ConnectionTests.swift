import TestSupport
import Testing

@testable import SQLite

@Suite struct ConnectionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> Connection {
        let connection = try Connection(path: folder.path("db"), create: true)
        try connection.execute("CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b)")
        return connection
    }

    @Test func `values of every kind come back as they went in`() throws {
        let connection = try open()
        let insert = try connection.prepare("INSERT INTO t VALUES(?1, ?2)")
        let values: [[UInt8]] = [[], [0], [0xff, 0x00, 0x41], Array(repeating: 7, count: 100_000)]
        for (index, value) in values.enumerated() {
            try insert.bind(1, Int64(index))
            try insert.bind(2, value)
            try insert.run()
            #expect(connection.changes == 1)
        }
        try insert.bind(1, .max)
        try insert.bindNull(2)
        try insert.run()
        let select = try connection.prepare("SELECT a, b FROM t ORDER BY a")
        for (index, value) in values.enumerated() {
            #expect(try select.step())
            #expect(select.integer(0) == Int64(index))
            #expect(select.bytes(1) == value)
            #expect(!select.isNull(1))
        }
        #expect(try select.step())
        #expect(select.integer(0) == .max && select.isNull(1) && select.bytes(1).isEmpty)
        #expect(try !select.step())
    }

    @Test func `an empty text is text and not NULL`() throws {
        let connection = try open()
        let query = try connection.prepare("SELECT typeof(?1), ?1")
        try query.bind(1, "")
        #expect(try query.step())
        #expect(query.text(0) == "text" && query.text(1).isEmpty)
    }

    @Test func `an error carries its operation, its code and its reason`() throws {
        let connection = try open()
        try connection.execute("INSERT INTO t VALUES(1, 1)")
        let failed = #expect(throws: SQLiteError.self) {
            try connection.execute("INSERT INTO t VALUES(1, 2)")
        }
        #expect(failed?.reason == .constraint)
        #expect(throws: SQLiteError.self) { try connection.prepare("SELECT nothing FROM nowhere") }
        let absent = #expect(throws: SQLiteError.self) {
            try Connection(path: folder.path("absent/db"), create: true)
        }
        #expect(absent?.reason == .access)
        try folder.write(String(repeating: "x", count: 4096), to: "text")
        let text = try Connection(path: folder.path("text"), create: false)
        let damaged = #expect(throws: SQLiteError.self) { try text.execute("SELECT * FROM t") }
        #expect(damaged?.reason == .corrupt)
    }

    /// Codes of https://sqlite.org/rescode.html.
    @Test(
        arguments: [
            (1034, SQLiteError.Reason.sync), (1290, .sync), (266, .inputOutput), (13, .full),
            (5, .busy), (261, .busy), (11, .corrupt), (26, .corrupt), (14, .access), (8, .access),
            (2067, .constraint), (1, .other), (7, .other),
        ] as [(Int32, SQLiteError.Reason)])
    func `a code has its reason`(code: Int32, reason: SQLiteError.Reason) {
        #expect(SQLiteError(operation: "step", code: code, message: "").reason == reason)
    }

    @Test func `the log is counted by our hook and nothing checkpoints by itself`() throws {
        let connection = try open()
        try connection.execute("PRAGMA journal_mode=WAL")
        // SQLite's own limit would be 1,000 frames.
        for number in 0..<1200 {
            try connection.execute("INSERT INTO t VALUES(\(number), zeroblob(100))")
        }
        #expect(connection.logFrames > 1200)
        #expect(try connection.checkpoint(truncating: false) == 0)
        #expect(connection.logFrames == 0)
    }

    @Test func `a transaction is seen from outside`() throws {
        let connection = try open()
        #expect(!connection.isInTransaction)
        try connection.execute("BEGIN")
        #expect(connection.isInTransaction)
        try connection.execute("ROLLBACK")
        #expect(!connection.isInTransaction)
    }
}
