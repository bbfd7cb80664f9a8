import SQLite
import TestSupport
import Testing

@testable import Hookline

@Suite struct SchemaTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }

    init() throws { folder = try TemporaryFolder() }

    /// A file as version 1 left it, with a delivery in each state and a delivered message.
    private func writeVersion1() throws -> [Webhook] {
        let webhooks = ["a", "b", "c", "d", "e"].map { Genuine.webhook($0) }
        let old = try Connection(path: path, create: true)
        try old.execute("PRAGMA journal_mode=WAL")
        try old.execute("BEGIN;\(Schema.version1);PRAGMA user_version=1;COMMIT")
        let identity = try old.prepare("INSERT INTO identity VALUES(?1, ?2, 1000)")
        let delivery = try old.prepare(
            "INSERT INTO delivery VALUES(?1, 1, ?2, 500, 7, ?3, 0, 1000, ?4, ?5, ?6)")
        for (index, webhook) in webhooks.enumerated() {
            try identity.bind(1, Int64(index + 1))
            try identity.bind(2, webhook.identity.bytes)
            try identity.run()
            guard index < 4 else { continue }
            try delivery.bind(1, Int64(index + 1))
            try delivery.bind(2, Int64(index))
            if index == 3 { try delivery.bind(3, "expired") } else { try delivery.bindNull(3) }
            try delivery.bind(4, webhook.identity.bytes)
            try delivery.bind(5, webhook.head.bytes)
            try delivery.bind(6, webhook.body)
            try delivery.run()
        }
        return webhooks
    }

    @Test func `a file of version 1 is migrated and nothing of it is lost`() throws {
        let webhooks = try writeVersion1()
        for _ in 0..<2 {
            let store = try DeliveryStore(path: path)
            #expect(store.rows.counts[.normal, .available] == 2)
            #expect(store.rows.counts[.normal, .retryable] == 1)
            #expect(store.rows.counts[.normal, .deadLettered] == 1)
            for (index, webhook) in webhooks.prefix(4).enumerated() {
                let found = try #require(try store.listing.delivery(Int64(index + 1)))
                #expect(found.webhook?.head == webhook.head)
                #expect(found.webhook?.body == webhook.body)
                #expect(found.webhook?.identity == webhook.identity)
                #expect(found.row.attempts == 7)
            }
            try store.begin()
            for webhook in webhooks { #expect(try store.append(webhook) == nil) }
            store.rollBack()
        }
        let file = try Connection(path: path, create: false)
        let version = try file.prepare("PRAGMA user_version")
        #expect(try version.step() && version.integer(0) == Schema.version)
        let check = try file.prepare("PRAGMA integrity_check")
        #expect(try check.step() && check.text(0) == "ok")
    }

    @Test func `a migrated file has the tables and indexes of a new one`() throws {
        _ = try writeVersion1()
        _ = try DeliveryStore(path: path)
        _ = try DeliveryStore(path: folder.path("new"))
        func objects(_ path: String) throws -> [String] {
            let query = try Connection(path: path, create: false).prepare(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            var found: [String] = []
            while try query.step() { found.append(query.text(0)) }
            return found
        }
        #expect(try objects(path) == objects(folder.path("new")))
    }

    @Test func `a step that fails leaves the version and the tables as they were`() throws {
        _ = try writeVersion1()
        do {
            let old = try Connection(path: path, create: false)
            try old.execute("CREATE TABLE quarantine(something)")
        }
        #expect(throws: StoreError.self) { try DeliveryStore(path: path) }
        let old = try Connection(path: path, create: false)
        let version = try old.prepare("PRAGMA user_version")
        #expect(try version.step() && version.integer(0) == 1)
        let columns = try old.prepare("SELECT count(*) FROM pragma_table_info('delivery')")
        #expect(try columns.step() && columns.integer(0) == 11)
    }
}
