import OpenSSL
import POSIX
import TestSupport
import Testing

@testable import Hookline

@Suite struct TokensTests {
    private let account = Array("AC00000000000000000000000000000001".utf8)
    private let other = Array("AC00000000000000000000000000000002".utf8)

    private func table(named: Bool = false, any: Bool = false) throws -> TokenTable {
        var table = TokenTable()
        if named { table.byAccount[account] = [HMACKey([1])] }
        if any { table.anyAccount = [HMACKey([2]), HMACKey([3])] }
        return table
    }

    private func word(_ lookup: TokenLookup) -> String {
        switch lookup {
        case .known(let keys): "known \(keys.count)"
        case .toFetch(let keys): "fetch \(keys.count)"
        case .sourceFailing(let keys): "failing \(keys.count)"
        case .unknown: "unknown"
        }
    }

    @Test func `without a source the configured tokens are all there are`() throws {
        let tokens = Tokens(try table(named: true))
        #expect(word(tokens.lookup(account[...])) == "known 1")
        #expect(word(tokens.lookup(other[...])) == "unknown")
        tokens.replace(try table(named: true, any: true))
        #expect(word(tokens.lookup(account[...])) == "known 1")
        #expect(word(tokens.lookup(other[...])) == "known 2")
        #expect(tokens.epoch == 1)
    }

    @Test func `a source is asked for an account that is not named, and its answer is kept`()
        throws
    {
        let tokens = Tokens(try table(named: true, any: true), hasSource: true)
        #expect(word(tokens.lookup(account[...])) == "known 1")
        #expect(word(tokens.lookup(other[...])) == "fetch 2")
        tokens.note(FetchedTokens([Secret([9])]), of: other)
        #expect(word(tokens.lookup(other[...])) == "known 3")
        #expect(!tokens.isStale(other[...]))
        // A source that fails later does not unmake what it said.
        tokens.note(nil, of: other)
        #expect(word(tokens.lookup(other[...])) == "known 3")
    }

    @Test func `nobody is asked for what is no account SID`() throws {
        let tokens = Tokens(try table(), hasSource: true)
        for text in [
            "", "AC1", "AC0000000000000000000000000000000g",
            "PN" + String(repeating: "0", count: 32),
        ] {
            #expect(word(tokens.lookup(Array(text.utf8)[...])) == "unknown", "\(text)")
        }
    }

    @Test func `an account that the source does not know is not asked for again at once`() throws {
        let tokens = Tokens(try table(), hasSource: true)
        tokens.note(FetchedTokens.none, of: account)
        #expect(word(tokens.lookup(account[...])) == "unknown")
        tokens.note(nil, of: other)
        #expect(word(tokens.lookup(other[...])) == "failing 0")
        var options = Tokens.Options()
        options.unknownNanoseconds = 0
        options.failureNanoseconds = 0
        let impatient = Tokens(try table(any: true), hasSource: true, options: options)
        impatient.note(FetchedTokens.none, of: account)
        impatient.note(nil, of: other)
        #expect(word(impatient.lookup(account[...])) == "fetch 2")
        #expect(word(impatient.lookup(other[...])) == "fetch 2")
    }

    @Test func `the epoch changes when a token may be gone, and only then`() throws {
        var options = Tokens.Options()
        options.freshNanoseconds = 0
        let tokens = Tokens(try table(), hasSource: true, options: options)
        tokens.note(FetchedTokens([Secret([1])]), of: account)
        #expect(tokens.isStale(account[...]))
        tokens.note(FetchedTokens([Secret([1])]), of: account)
        tokens.note(nil, of: account)
        #expect(tokens.epoch == 0)
        tokens.note(FetchedTokens([Secret([2])]), of: account)
        #expect(tokens.epoch == 1)
        tokens.note(FetchedTokens.none, of: account)
        #expect(tokens.epoch == 2)
    }

    @Test func `accounts that were fetched are bounded`() throws {
        var options = Tokens.Options()
        options.accountsMax = 100
        let tokens = Tokens(try table(), hasSource: true, options: options)
        for number in 0..<1000 {
            let digits = String(number)
            let sid = "AC" + String(repeating: "0", count: 32 - digits.utf8.count) + digits
            tokens.note(FetchedTokens.none, of: Array(sid.utf8))
        }
        tokens.note(FetchedTokens([Secret([1])]), of: account)
        let sid = "AC" + String(repeating: "0", count: 31)
        #expect(word(tokens.lookup(Array((sid + "5").utf8)[...])) == "fetch 0")
        #expect(word(tokens.lookup(account[...])) == "known 1")
    }

    @Test func `made-up accounts do not push out those that have tokens`() throws {
        var options = Tokens.Options()
        options.accountsMax = 100
        options.freshNanoseconds = 0
        let tokens = Tokens(try table(), hasSource: true, options: options)
        tokens.note(FetchedTokens([Secret([1])]), of: account)
        for number in 0..<1000 {
            let digits = String(number)
            let sid = "AC" + String(repeating: "f", count: 32 - digits.utf8.count) + digits
            tokens.note(number % 2 == 0 ? FetchedTokens.none : nil, of: Array(sid.utf8))
        }
        #expect(word(tokens.lookup(account[...])) == "known 1")
    }

    @Test func `nobody is called a forger before all known accounts were asked for`() throws {
        let tokens = Tokens(try table(), hasSource: true)
        tokens.await([account, other])
        #expect(word(tokens.lookupAnySigner([])) == "failing 0")
        tokens.note(nil, of: account)
        tokens.note(FetchedTokens([Secret([1])]), of: other)
        #expect(word(tokens.lookupAnySigner([])) == "failing 1")
        #expect(tokens.awaited(max: 9) == [account])
        tokens.note(FetchedTokens.none, of: account)
        #expect(word(tokens.lookupAnySigner([])) == "known 1")
        // A new tokens file changes nothing about it.
        tokens.await([account])
        tokens.replace(try table())
        #expect(word(tokens.lookupAnySigner([])) == "failing 1")
    }
}

@Suite struct TokensCommandTests {
    private let account = Array("AC00000000000000000000000000000001".utf8)

    private func ask(_ script: String, seconds: UInt64 = 20) throws(TokenSourceError) -> [String] {
        let command = TokensCommand(arguments: ["/bin/sh", "-c", script, "tokens"])
        let found = try command.tokens(
            of: account, deadlineNanoseconds: MonotonicClock.now() + seconds * 1_000_000_000)
        return found.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    private func reason(_ script: String, seconds: UInt64 = 20) -> TokenSourceError.Reason? {
        do throws(TokenSourceError) {
            _ = try ask(script, seconds: seconds)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `it gets the account and prints tokens, one a line`() throws {
        #expect(
            try ask(#"echo "$1"; printf 'second\r\n\nthird'"#)
                == ["AC00000000000000000000000000000001", "second", "third"])
        #expect(try ask("true").isEmpty)
    }

    @Test func `whatever is no answer is a failure that says what`() {
        #expect(reason("echo token; exit 1") == .failed)
        #expect(reason("echo two words") == .malformed)
        #expect(reason("for n in 1 2 3 4 5 6 7 8; do echo $n; done") == nil)
        #expect(reason("for n in 1 2 3 4 5 6 7 8 9; do echo $n; done") == .malformed)
        #expect(reason("yes") == .malformed)
        #expect(reason("sleep 600", seconds: 1) == .timeout)
    }
}
