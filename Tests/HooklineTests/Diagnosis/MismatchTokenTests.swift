import OpenSSL
import Testing

@testable import Hookline

/// X5, X6: a signature that is right for a key that does not apply.
@Suite struct MismatchTokenTests {
    private static let other = "AC" + String(repeating: "0", count: 31) + "2"
    private let account = Array(SimulatedCall.account.utf8)

    private func key(_ token: String) throws -> HMACKey { HMACKey(Array(token.utf8)) }

    /// The account's token, another account's, and one for everybody.
    private func table() throws -> TokenTable {
        var table = TokenTable()
        table.byAccount[account] = [try key("own")]
        table.byAccount[Array(Self.other.utf8)] = [try key("first"), try key("theirs")]
        table.anyAccount = [try key("general")]
        return table
    }

    @Test func `a token of another account is told by its account alone`() throws {
        let request = try SimulatedCall(token: "theirs").signed()
        let explanation = try request.explained(tokens: try table())
        #expect(explanation.hint == .otherToken)
        #expect(
            explanation.sentence
                == "this request would match with a token of account \(Self.other): "
                + "list that token under account \(SimulatedCall.account) in the tokens file")
        #expect(explanation.proof?.owner == .account(Array(Self.other.utf8)))
        // Following it mends it.
        var mended = try table()
        mended.byAccount[account]?.append(try key("theirs"))
        #expect(try request.report(tokens: mended).isMatch)
    }

    @Test func `a token that only other accounts have is told`() throws {
        let request = try SimulatedCall(token: "general").signed()
        let explanation = try request.explained(tokens: try table())
        #expect(explanation.hint == .otherToken)
        #expect(explanation.sentence.contains("a token that other accounts have"))
        var mended = try table()
        mended.byAccount[account]?.append(try key("general"))
        #expect(try request.report(tokens: mended).isMatch)
    }

    @Test func `an account that is not known is explained by what is`() throws {
        var table = try table()
        table.byAccount[account] = nil
        table.anyAccount = []
        let explanation = try SimulatedCall(token: "theirs").signed().explained(tokens: table)
        #expect(explanation.hint == .otherToken)
        let forged = try SimulatedCall(token: "nobody's").signed().explained(tokens: table)
        #expect(forged.hint == .none)
        #expect(forged.hmacs < 200)
    }

    @Test func `another token and another scheme at once are told`() throws {
        var request = try SimulatedCall(token: "theirs").signed()
        request["Host"] = "hooks.example.com"
        let explanation = try request.explained(
            .serving("http://hooks.example.com"), tokens: try table())
        #expect(explanation.hint == .scheme)
        #expect(explanation.sentence.contains("https and a token of account \(Self.other)"))
        #expect(
            explanation.sentence.contains("set --public-url https://hooks.example.com and list"))
    }

    @Test func `keys of others are bounded, and so is a combination with them`() throws {
        var table = try table()
        for number in 0..<400 {
            let digits = String(number)
            let sid = "AC" + String(repeating: "a", count: 32 - digits.count) + digits
            table.byAccount[Array(sid.utf8)] = [try key("token \(number)")]
        }
        let tokens = Tokens(table)
        let request = try SimulatedCall(token: "nobody's").signed()
        let keys = KeyRing(tokens).candidates(
            own: [], account: account[...], scheme: .authToken)
        #expect(keys.others.reduce(0) { $0 + $1.keys.count } == KeyRing.keysMax)
        #expect(try request.explained(tokens: table).hmacs <= 2048)
    }

    @Test func `X5 tokens that a source gave are among the candidates`() throws {
        let tokens = Tokens(TokenTable(), hasSource: true)
        tokens.note(FetchedTokens([Secret("fetched".utf8)]), of: Array(Self.other.utf8))
        let keys = KeyRing(tokens).candidates(
            own: [], account: account[...], scheme: .authToken)
        #expect(keys.others.map(\.owner) == [.account(Array(Self.other.utf8))])
    }
}
