import Foundation
import TestSupport
import Testing

@testable import Hookline

/// What the application took without the store is known to the next process.
@Suite struct DirectDeliveryJournalTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var path: String { folder.path("taken") }

    private func journal() -> DirectDeliveryJournal {
        DirectDeliveryJournal(path: path, log: Log(format: .json, level: .critical))
    }

    private func message(_ number: Int) -> SeenMessage {
        SeenMessage(
            identity: Identity(account: [0x41], messageSID: Array("SM\(number)".utf8)[...]),
            seenMilliseconds: 1_700_000_000_000 + Int64(number), isNamed: number % 2 == 1)
    }

    @Test func `the next process reads what was written, in order`() throws {
        #expect(try journal().read() == [])
        let journal = journal()
        for number in 1...3 { journal.append(message(number)) }
        #expect(try self.journal().read() == (1...3).map(message))
    }

    /// Its 200 had not left: it may be forwarded again.
    @Test func `an entry that was cut off counts as none, and hides no other`() throws {
        for number in 1...2 { journal().append(message(number)) }
        let whole = try #require(folder.bytes("taken"))
        for count in 0..<whole.count {
            try folder.write(Array(whole.prefix(count)), to: "taken")
            let expected = Array((1...2).map(message).prefix(count * 2 / whole.count))
            #expect(try journal().read() == expected, "\(count)")
        }
    }

    @Test func `a part of an entry in the middle hides none behind it`() throws {
        let journal = journal()
        journal.append(message(1))
        let entry = try #require(folder.bytes("taken"))
        for count in 1..<entry.count {
            try folder.write(entry + entry.prefix(count), to: "taken")
            self.journal().append(message(2))
            #expect(try self.journal().read() == [message(1), message(2)], "\(count)")
        }
    }

    @Test func `what was settled is forgotten, and what comes then is kept`() throws {
        let journal = journal()
        journal.append(message(1))
        try journal.clear()
        #expect(try journal.read() == [])
        #expect(!FileManager.default.fileExists(atPath: path))
        journal.append(message(2))
        #expect(try self.journal().read() == [message(2)])
    }

    @Test func `a folder that is gone is said in the log, and stops nobody`() throws {
        let noted = Collected<UInt8>()
        let log = Log(format: .json, level: .info) { noted.add(Array($0)) }
        try log.start()
        let path = folder.path("gone") + "/taken"
        let journal = DirectDeliveryJournal(path: path, log: log)
        journal.append(message(1))
        log.stop()
        let text = String(decoding: noted.all, as: UTF8.self)
        #expect(text.contains("cannot note a message that the application took directly"))
        #expect(text.contains(path))
        #expect(try journal.read() == [])
        // It works as soon as the folder is there.
        try FileManager.default.createDirectory(
            atPath: folder.path("gone"), withIntermediateDirectories: true)
        journal.append(message(2))
        #expect(try journal.read() == [message(2)])
    }

    @Test func `a path that cannot be read is an error, not an empty journal`() throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        #expect(throws: (any Error).self) { try journal().read() }
    }
}
