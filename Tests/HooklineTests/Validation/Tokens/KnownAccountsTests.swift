import Foundation
import TestSupport
import Testing

@testable import Hookline

/// Names of accounts that outlive the process.
@Suite struct KnownAccountsTests {
    private let folder: TemporaryFolder
    private let log = Log(format: .json, level: .error)

    init() throws { folder = try TemporaryFolder() }

    private func open() -> KnownAccounts {
        KnownAccounts(path: folder.path("known-accounts"), log: log)
    }

    private func sid(_ number: Int) -> [UInt8] {
        Array("AC".utf8) + Array(String(format: "%032d", number).utf8)
    }

    @Test func `who is known is known after a restart, and who is no longer is not`() {
        let accounts = open()
        for number in 0..<3 { accounts.note(sid(number), isKnown: true) }
        accounts.note(sid(1), isKnown: false)
        accounts.save()
        let next = open()
        #expect(Set(next.all) == [sid(0), sid(2)])
        #expect(next.contains(sid(2)) && !next.contains(sid(1)))
    }

    @Test func `nothing is written while nothing changes`() throws {
        let accounts = open()
        accounts.note(sid(1), isKnown: true)
        accounts.save()
        try FileManager.default.removeItem(atPath: folder.path("known-accounts"))
        accounts.note(sid(1), isKnown: true)
        accounts.note(sid(2), isKnown: false)
        accounts.save()
        #expect(!FileManager.default.fileExists(atPath: folder.path("known-accounts")))
    }

    @Test func `a file that holds something else is read as far as it can be`() throws {
        let lines = ["AC1", "", String(repeating: "x", count: 500)]
        let whole = String(decoding: sid(9), as: UTF8.self)
        try folder.write(
            (lines + [whole]).joined(separator: "\n") + "\n" + whole.prefix(20),
            to: "known-accounts")
        #expect(open().all == [sid(9)])
    }

    @Test func `their number is bounded`() {
        let accounts = open()
        for number in 0...KnownAccounts.accountsMax { accounts.note(sid(number), isKnown: true) }
        #expect(accounts.all.count == KnownAccounts.accountsMax)
        accounts.save()
        #expect(open().all.count == KnownAccounts.accountsMax)
    }
}
