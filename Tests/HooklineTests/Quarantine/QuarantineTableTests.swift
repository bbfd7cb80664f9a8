import SQLite
import TestSupport
import Testing

@testable import Hookline

@Suite struct QuarantineTableTests {
    private let folder: TemporaryFolder
    private let store: DeliveryStore

    init() throws {
        folder = try TemporaryFolder()
        store = try DeliveryStore(path: folder.path("store"))
    }

    private var table: QuarantineTable { store.quarantine }

    private func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try store.begin(isDurable: false)
        let value = try body()
        try store.commit()
        return value
    }

    @discardableResult
    private func keep(
        _ request: QuarantinedRequest, hint: String? = nil, proven: Bool = false
    ) throws -> QuarantineTable.Kept {
        try transaction { try table.keep(request, hint: hint, isProven: proven) }
    }

    private func rows(provenOnly: Bool = false) throws -> [QuarantinedRow] {
        try table.page(QuarantinePage(rowsMax: .max, isProvenOnly: provenOnly)).rows
    }

    private func number(_ row: QuarantinedRow) -> String {
        let field = row.request?.fields.first("x-twilio-signature") ?? []
        return String(decoding: field.dropFirst(10), as: UTF8.self)
    }

    @Test func `a request is kept whole and once`() throws {
        let request = Refused.request(
            7, source: [192, 0, 2, 1], reason: .unknownAccount, received: 4711)
        #expect(try keep(request) == .added(1))
        #expect(try keep(request) == .known)
        let row = try #require(try table.row(1))
        #expect(row.receivedMilliseconds == 4711 && row.reason == "unknown_account")
        #expect(row.source == [192, 0, 2, 1] && !row.isProven && row.hint == nil)
        #expect(row.bytes == Refused.bytes(of: request))
        #expect(row.request?.body == request.request.body)
        #expect(row.quarantined?.fingerprint == request.fingerprint)
        #expect(table.figures == .init(rows: 1, bytes: row.bytes, proven: 0))
    }

    @Test func `n rows stay, and the next one takes the place of the oldest`() throws {
        try table.setLimits(rowsMax: 10, bytesMax: 1 << 30)
        for number in 0..<10 { try keep(Refused.request(number)) }
        #expect(table.figures.rows == 10 && table.takeLost().isEmpty)
        try keep(Refused.request(10))
        #expect(table.figures.rows == 10 && table.takeLost() == [.evicted: 1])
        #expect(try rows().map(number) == (1...10).map { "\($0)" })
    }

    @Test func `n bytes stay, and one byte more makes room`() throws {
        let size = Refused.bytes(of: Refused.request(0))
        try table.setLimits(rowsMax: 1000, bytesMax: 4 * size)
        for number in 0..<4 { try keep(Refused.request(number)) }
        #expect(table.figures.bytes == 4 * size && table.takeLost().isEmpty)
        try keep(Refused.request(4, bodyBytes: 1))
        #expect(table.figures.bytes == 3 * size + 1)
        #expect(try rows().map(number) == ["2", "3", "4"])
        #expect(
            try keep(Refused.request(5, bodyBytes: 4 * size)) == .dropped(.tooLarge))
        #expect(table.takeLost() == [.evicted: 2, .tooLarge: 1])
        #expect(table.figures.rows == 3)
    }

    @Test func `ids never start again`() throws {
        for number in 0..<3 { try keep(Refused.request(number)) }
        for id in Int64(1)...3 { #expect(try transaction { try table.remove(id) }) }
        #expect(try transaction { try table.remove(3) } == false)
        #expect(table.figures == .init())
        let again = try DeliveryStore(path: folder.path("store"))
        try again.begin()
        #expect(try again.quarantine.keep(Refused.request(9)) == .added(4))
        try again.commit()
    }

    @Test func `what was proven is kept first, among equals the newest`() throws {
        try table.setLimits(rowsMax: 4, bytesMax: 1 << 30)
        for number in 0..<4 { try keep(Refused.request(number)) }
        for number in 10..<13 { try keep(Refused.request(number), hint: "port", proven: true) }
        #expect(try rows().map(number) == ["3", "10", "11", "12"])
        // An unproven one takes an unproven one's place, and none of a proven one.
        try keep(Refused.request(4))
        #expect(try rows().map(number) == ["10", "11", "12", "4"])
        try keep(Refused.request(13), hint: "port", proven: true)
        #expect(try keep(Refused.request(5)) == .dropped(.full))
        try keep(Refused.request(14), hint: "port", proven: true)
        #expect(try rows(provenOnly: true).map(number) == ["11", "12", "13", "14"])
        #expect(try rows().allSatisfy { $0.hint == "port" })
        #expect(table.figures.proven == 4)
    }

    @Test func `a later proof moves a row to the proven ones`() throws {
        try table.setLimits(rowsMax: 2, bytesMax: 1 << 30)
        try keep(Refused.request(0))
        try keep(Refused.request(1))
        #expect(try transaction { try table.prove(Refused.request(0).fingerprint, hint: "host") })
        #expect(try !transaction { try table.prove(Refused.request(5).fingerprint, hint: "host") })
        #expect(try keep(Refused.request(1), hint: "path", proven: true) == .known)
        #expect(table.figures.proven == 2)
        #expect(try rows().map(\.hint) == ["host", "path"])
        #expect(try keep(Refused.request(2)) == .dropped(.full))
    }

    @Test func `a source that has most gives way, and no other one`() throws {
        try table.setLimits(rowsMax: 10, bytesMax: 1 << 30)
        for number in 0..<10 { try keep(Refused.request(number, source: [1, 1, 1, 1])) }
        for number in 20..<23 { try keep(Refused.request(number, source: [2, 2, 2, 2])) }
        for number in 10..<500 where number < 20 || number > 30 {
            try keep(Refused.request(number, source: [1, 1, 1, 1]))
        }
        let kept = try rows()
        #expect(kept.filter { $0.source == [2, 2, 2, 2] }.map(number) == ["20", "21", "22"])
        #expect(kept.count == 10)
        // With two that have as much, each newcomer replaces one of its own.
        for number in 600..<700 {
            try keep(Refused.request(number, source: [2, 2, 2, 2]))
            try keep(Refused.request(number + 1000, source: [1, 1, 1, 1]))
        }
        #expect(try rows().count { $0.source == [2, 2, 2, 2] } == 5)
    }

    @Test func `where all sources have as much, a flood from one replaces its own`() throws {
        try table.setLimits(rowsMax: 10, bytesMax: 1 << 30)
        for number in 0..<10 {
            try keep(Refused.request(number, source: [1, 1, 1, UInt8(number)]))
        }
        for number in 10..<50 { try keep(Refused.request(number, source: [1, 1, 1, 9])) }
        #expect(Set(try rows().map(\.source)).count == 10)
    }

    @Test func `a source with large bodies does not push out one with small ones`() throws {
        let small = Refused.bytes(of: Refused.request(0))
        try table.setLimits(rowsMax: 1000, bytesMax: 100 * small)
        for number in 0..<5 { try keep(Refused.request(number, source: [2, 2, 2, 2])) }
        for number in 100..<200 {
            try keep(Refused.request(number, source: [1, 1, 1, 1], bodyBytes: 20 * small))
        }
        #expect(try rows().count { $0.source == [2, 2, 2, 2] } == 5)
        #expect(table.figures.bytes <= 100 * small)
    }

    @Test func `what is too old goes, a bounded number at a time`() throws {
        for number in 0..<6 { try keep(Refused.request(number, received: Int64(number) * 100)) }
        #expect(try transaction { try table.expire(before: 400, count: 3) } == 3)
        #expect(try transaction { try table.expire(before: 400, count: 3) } == 1)
        #expect(try transaction { try table.expire(before: 400, count: 3) } == 0)
        #expect(try rows().map(number) == ["4", "5"])
        #expect(table.takeLost() == [.expired: 4])
    }

    @Test func `bounds that became smaller are met in slices`() throws {
        for number in 0..<20 { try keep(Refused.request(number)) }
        try keep(Refused.request(50), hint: "port", proven: true)
        try table.setLimits(rowsMax: 5, bytesMax: 1 << 30)
        #expect(try transaction { try table.trim(count: 10) } == 10)
        #expect(try transaction { try table.trim(count: 10) } == 6)
        #expect(try rows().map(number) == ["16", "17", "18", "19", "50"])
    }

    @Test func `what is rolled back was never kept, and the counts are those of the rows`() throws {
        try table.setLimits(rowsMax: 3, bytesMax: 1 << 30)
        for number in 0..<3 { try keep(Refused.request(number)) }
        let before = table.figures
        try store.begin(isDurable: false)
        _ = try table.keep(Refused.request(9), hint: "port", isProven: true)
        _ = try table.remove(2)
        store.rollBack()
        #expect(table.figures == before && table.takeLost().isEmpty)
        #expect(try rows().map(number) == ["0", "1", "2"])
        let again = try DeliveryStore(path: folder.path("store"))
        #expect(again.quarantine.figures == before)
    }

    @Test func `a page goes on where the one before it ended`() throws {
        for number in 0..<7 {
            try keep(
                Refused.request(number, reason: number % 2 == 0 ? .malformed : .missingSignature),
                hint: nil, proven: number == 3)
        }
        var page = QuarantinePage(throughID: 6, rowsMax: 4, reason: .malformed)
        var answer = try table.page(page)
        #expect(answer.rows.map(\.id) == [1, 3] && answer.lastID == 4 && !answer.isAtEnd)
        page.afterID = answer.lastID
        answer = try table.page(page)
        #expect(answer.rows.map(\.id) == [5] && answer.isAtEnd)
        page = QuarantinePage(rowsMax: 4, bytesMax: 1, withBodies: true)
        #expect(try table.page(page).rows.map(\.id) == [1])
        #expect(try rows(provenOnly: true).map(\.id) == [4])
    }
}
