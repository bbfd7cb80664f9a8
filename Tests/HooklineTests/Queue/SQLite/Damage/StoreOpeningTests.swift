import Foundation
import POSIX
import SQLite
import TestSupport
import Testing

@testable import Hookline

/// What is lost with the store's files is noticed, and what can be saved is.
@Suite struct StoreOpeningTests {
    private let bench: DamageBench

    init() throws { bench = try DamageBench() }

    /// A folder with messages, stopped cleanly or as after a crash: then its log is not copied.
    private func fill(_ count: Int = 50, crash: Bool = false) throws {
        let opened = try bench.opening.open()
        try bench.append(opened, 1...count)
        if crash { opened.store.keepLogOnClose() }
    }

    private func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: bench.folder.path(name))
    }

    @Test func `a new folder, and a second start, say nothing`() throws {
        try fill()
        let opened = try bench.opening.open()
        #expect(try DamageBench.claim(opened.store).count == 50)
        #expect(bench.report.losses == StoreReport.Losses(setAside: 0))
        #expect(opened.marker.mark.lastID == 50)
    }

    @Test(arguments: ["gone", "empty"])
    func `a database that is gone or empty is a loss of what was owed`(_ what: String) throws {
        try fill()
        try remove("hookline.sqlite")
        if what == "empty" { try bench.folder.write([], to: "hookline.sqlite") }
        let opened = try bench.opening.open()
        #expect(bench.report.losses.messages == 50)
        #expect(bench.report.losses.milliseconds != nil)
        // Ids go on above those that were given.
        try bench.append(opened, 51...51)
        #expect(try DamageBench.claim(opened.store).map(\.id) == [51])
        // It stays known.
        let again = StoreReport(
            folder: bench.folder.path, log: Log(format: .json, level: .critical))
        let second = StoreOpening(folder: bench.folder.path, report: again) {
            [database = bench.database] () throws(StoreError) in try DeliveryStore(path: database)
        }
        _ = try second.open()
        #expect(again.losses.messages == 50)
    }

    @Test func `a log that is gone after a crash is a loss`() throws {
        try fill(crash: true)
        try remove("hookline.sqlite-wal")
        _ = try bench.opening.open()
        #expect(bench.report.losses.messages == 50)
    }

    @Test(arguments: [1, 10, 50, 99])
    func `a log that is cut after a crash is a loss of what was behind the cut`(
        _ percent: Int
    ) throws {
        try fill(crash: true)
        let log = try #require(bench.folder.bytes("hookline.sqlite-wal"))
        try bench.folder.write(
            Array(log.prefix(log.count * percent / 100)), to: "hookline.sqlite-wal")
        let opened = try bench.opening.open()
        let left = try DamageBench.claim(opened.store).count
        #expect(bench.report.losses.messages == Int64(50 - left))
        #expect(left < 50)
    }

    @Test func `one changed byte in the middle of the log is a loss of what was behind it`() throws
    {
        try fill(crash: true)
        var log = try #require(bench.folder.bytes("hookline.sqlite-wal"))
        log[log.count / 2] ^= 1
        try bench.folder.write(log, to: "hookline.sqlite-wal")
        let opened = try bench.opening.open()
        let left = try DamageBench.claim(opened.store).count
        #expect(left > 0 && left < 50)
        #expect(bench.report.losses.messages == Int64(50 - left))
    }

    @Test func `an older copy in the place of the database is a loss of what came after it`() throws
    {
        try fill(30)
        let old = try #require(bench.folder.bytes("hookline.sqlite"))
        do {
            let opened = try bench.opening.open()
            try bench.append(opened, 31...50)
        }
        try bench.folder.write(old, to: "hookline.sqlite")
        let opened = try bench.opening.open()
        #expect(bench.report.losses.messages == 20)
        #expect(try DamageBench.claim(opened.store).count == 30)
        try bench.append(opened, 51...51)
        #expect(try DamageBench.claim(opened.store).map(\.id) == [51])
    }

    @Test func `another folder's database is noticed`() throws {
        try fill()
        let other = try DamageBench()
        do {
            let opened = try other.opening.open()
            try other.append(opened, 101...110)
        }
        try bench.folder.write(
            try #require(other.folder.bytes("hookline.sqlite")), to: "hookline.sqlite")
        let opened = try bench.opening.open()
        #expect(bench.report.losses.messages == 50)
        #expect(try DamageBench.claim(opened.store).count == 10)
    }

    @Test func `a log without its database is kept`() throws {
        try fill(crash: true)
        try remove("hookline.sqlite")
        _ = try bench.opening.open()
        #expect(bench.report.losses.messages == 50)
        #expect(bench.report.losses.setAside == 1)
        let names = try Folder.names(bench.folder.path)
        #expect(names.contains { $0.hasPrefix("hookline.sqlite.damaged-") && $0.hasSuffix("-wal") })
    }

    @Test func `a crash between a commit and its mark is no loss`() throws {
        do {
            let opened = try bench.opening.open()
            try bench.append(opened, 1...10)
            try transaction(opened.store) {
                _ = try opened.store.append(DamageBench.webhook(11))
            }
            opened.store.keepLogOnClose()
        }
        let opened = try bench.opening.open()
        #expect(bench.report.losses.messages == 0)
        #expect(try DamageBench.claim(opened.store).count == 11)
    }

    @Test func `a marker that is cut or changed is written anew and loses nothing`() throws {
        try fill()
        let marker = try #require(bench.folder.bytes("store-marker"))
        var changed = marker
        changed[90] ^= 4
        for bytes in [[], Array(marker.prefix(300)), changed] {
            try bench.folder.write(bytes, to: "store-marker")
            let opened = try bench.opening.open()
            #expect(opened.store.mark.owed == 50)
            #expect(bench.report.losses.messages == 0)
        }
        guard case .whole = try StoreMarker.read(in: bench.folder.path) else {
            Issue.record("the marker was not written anew")
            return
        }
    }

    @Test func `a mark that was cut leaves the one before it`() throws {
        let opened = try bench.opening.open()
        try bench.append(opened, 1...3)
        let last = opened.marker.mark
        var bytes = try #require(bench.folder.bytes("store-marker"))
        let place = last.number % 2 == 0 ? 512 : 1024
        bytes[place + 20] ^= 0xff
        try bench.folder.write(bytes, to: "store-marker")
        guard case .whole(let contents) = try StoreMarker.read(in: bench.folder.path) else {
            Issue.record("the marker cannot be read")
            return
        }
        #expect(contents.mark?.lastID == last.lastID - 1)
    }

    @Test(arguments: ["delivery_due", "identity_index", "delivery_state"])
    func `with a damaged index nothing is lost`(_ index: String) throws {
        try fill(3000)
        try bench.spoil(page: try bench.root(index))
        let opened = try bench.opening.open()
        #expect(bench.report.losses.setAside == 1)
        #expect(bench.report.losses.messages == 0)
        let claimed = try DamageBench.claim(opened.store)
        #expect(Set(claimed.map { DamageBench.number($0.webhook) }) == Set(1...3000))
        // What was seen is still seen.
        let ids = try transaction(opened.store) {
            try [1, 1500, 3000].map { try opened.store.append(DamageBench.webhook($0)) }
        }
        #expect(ids == [nil, nil, nil])
    }

    @Test func `of a table with damaged pages every other row is saved and the rest is counted`()
        throws
    {
        try fill(3000)
        var bytes = try #require(bench.folder.bytes("hookline.sqlite"))
        let pages = bytes.count / 4096
        for page in [pages / 3, pages / 2, pages * 2 / 3] {
            bytes.replaceSubrange(
                page * 4096..<(page + 1) * 4096, with: [UInt8](repeating: 0xa5, count: 4096))
        }
        try bench.folder.write(bytes, to: "hookline.sqlite")
        let opened = try bench.opening.open()
        let claimed = try DamageBench.claim(opened.store)
        let numbers = claimed.compactMap { DamageBench.number($0.webhook) }
        #expect(numbers.count == claimed.count)
        #expect(Set(numbers).count == numbers.count)
        #expect(numbers.count > 2900)
        #expect(bench.report.losses.messages == Int64(3000 - numbers.count))
    }

    @Test(arguments: [100, 4096, 5000, 200_000])
    func `a database that is cut is set aside, and its beginning is read`(_ size: Int) throws {
        try fill(3000)
        let bytes = try #require(bench.folder.bytes("hookline.sqlite"))
        try bench.folder.write(Array(bytes.prefix(size)), to: "hookline.sqlite")
        let opened = try bench.opening.open()
        let claimed = try DamageBench.claim(opened.store)
        #expect(claimed.allSatisfy { DamageBench.number($0.webhook) != nil })
        // One whose last page is cut off may be there and not whole.
        let found = Int64(claimed.count) + opened.store.mark.dead
        #expect(bench.report.losses.messages == 3000 - found)
        #expect(bench.report.losses.setAside == 1)
        if size == 200_000 { #expect(claimed.count > 0) }
    }

    @Test func `a start that was killed while it set a database aside is ended by the next`() throws
    {
        try fill()
        try bench.folder.write("hookline.sqlite.damaged-x", to: "store-salvage")
        let opened = try bench.opening.open()
        #expect(try DamageBench.claim(opened.store).count == 50)
        #expect(try Folder.names(bench.folder.path).contains("hookline.sqlite.damaged-x"))
        #expect(bench.folder.bytes("store-salvage") == nil)
        #expect(bench.report.losses.messages == 0)
    }
}
