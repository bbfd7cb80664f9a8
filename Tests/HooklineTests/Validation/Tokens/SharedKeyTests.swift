import MicroHTTP
import OpenSSL
import POSIX
import TestSupport
import Testing

@testable import Hookline

/// Webhooks signed with a SharedKey: the field selects an entry, the entry has the algorithm.
@Suite struct SharedKeyTests {
    private static let id = "webhooks_sharedkey_01jxyz"
    private static let field = "X-Twilio-Webhooks-Signature-Settings"
    private let account = Array(SimulatedCall.account.utf8)

    private func table(_ algorithm: HashAlgorithm = .sha256) throws -> TokenTable {
        var table = TokenTable()
        table.byAccount[account] = [HMACKey(Array("12345".utf8))]
        table.sharedKeys.byAccount[account] = [
            Array(Self.id.utf8): SharedKey(secret: Secret("shared".utf8), algorithm: algorithm)
        ]
        return table
    }

    private func request(
        _ settings: String?, token: String = "shared", algorithm: HashAlgorithm = .sha256
    ) throws -> SimulatedRequest {
        var request = try SimulatedCall(token: token, algorithm: algorithm).signed()
        request[Self.field] = settings
        return request
    }

    private func verdict(_ request: SimulatedRequest, _ table: TokenTable) throws -> Bool {
        let twilio = try TwilioRequest(
            request.http, trace: TraceIDs().context(of: HTTPFields()),
            origin: RequestOrigin(.serving), parametersMax: 100)
        let verifier = WebhookVerifier(tokens: Tokens(table), parametersMax: 100)
        switch verifier.verify(twilio) {
        case .genuine: return true
        case .refused(let rejection):
            #expect(rejection == .invalidSignature)
            return false
        case .toFetch, .sourceFailing:
            Issue.record("nothing is to be fetched")
            return false
        }
    }

    @Test(arguments: [
        ("key=ID,algorithm=HMAC_SHA256", true), ("key=ID", true), (" algorithm=X , key=ID ", true),
        // The algorithm of the field is not looked at.
        ("key=ID,algorithm=HMAC_SHA1", true), ("key=ID,algorithm=none", true),
        ("key=another,algorithm=HMAC_SHA256", false), ("key=IDx", false), ("KEY=ID", false),
        ("key=ID,key=ID", false), ("key=ID,key=another", false), ("algorithm=HMAC_SHA256", false),
        ("", false), (",,=,", false),
    ])
    func `the field only selects the key`(settings: String, isValid: Bool) throws {
        let settings = settings.replacing("ID", with: Self.id)
        #expect(try verdict(request(settings), try table()) == isValid)
    }

    @Test func `the algorithm is the entry's`() throws {
        let settings = "key=\(Self.id),algorithm=HMAC_SHA1"
        let request = try request(settings, algorithm: .sha1)
        #expect(try !verdict(request, try table(.sha256)))
        #expect(try verdict(request, try table(.sha1)))
        let explanation = try request.explained(tokens: try table(.sha256))
        #expect(explanation.hint == .otherToken)
        #expect(explanation.sentence.contains("give that SharedKey the other algorithm"))
    }

    @Test func `without the field the account's Auth Token signs`() throws {
        let signed = try request(nil, token: "12345", algorithm: .sha1)
        #expect(try verdict(signed, try table()))
        // A SharedKey does not stand in for an Auth Token, nor an Auth Token for it.
        #expect(try !verdict(request(nil), try table()))
        let settings = "key=\(Self.id),algorithm=HMAC_SHA1"
        let withField = try request(settings, token: "12345", algorithm: .sha1)
        #expect(try !verdict(withField, try table()))
        #expect(
            try withField.explained(tokens: try table()).sentence.contains(
                "let nothing add X-Twilio-Webhooks-Signature-Settings"))
        #expect(
            try request(nil).explained(tokens: try table()).sentence.contains(
                "let the proxy pass on X-Twilio-Webhooks-Signature-Settings"))
    }

    @Test func `several lines of the field select nothing`() throws {
        var request = try request("key=\(Self.id)")
        request.fields.append((Self.field, "key=\(Self.id)"))
        #expect(try !verdict(request, try table()))
    }

    @Test func `a key is its account's alone`() throws {
        let other = Array(("AC" + String(repeating: "0", count: 31) + "2").utf8)
        var table = try table()
        table.sharedKeys.byAccount[other] = table.sharedKeys.byAccount[account]
        table.sharedKeys.byAccount[account] = [:]
        let request = try request("key=\(Self.id)")
        #expect(try !verdict(request, table))
        #expect(
            try request.explained(tokens: table).sentence.contains(
                "list that SharedKey under account \(SimulatedCall.account)"))
        table.sharedKeys.byAccount[account] = nil
        table.byAccount[account] = nil
        table.sharedKeys.anyAccount = table.sharedKeys.byAccount[other] ?? [:]
        #expect(try verdict(request, table))
    }

    @Test func `JSON is signed with a SharedKey too`() throws {
        var call = SimulatedCall(token: "shared", algorithm: .sha256)
        call.json = "{}"
        var request = try call.signed()
        request[Self.field] = "key=\(Self.id)"
        #expect(try verdict(request, try table()))
        request.body = Array("{ }".utf8)
        #expect(try !verdict(request, try table()))
    }

    @Test func `the tokens file lists SharedKeys beside tokens`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            \(SimulatedCall.account):
              - 12345
              - {key: \(Self.id), algorithm: HMAC_SHA256, secret: shared}
            """, to: "tokens")
        var configuration = Configuration()
        configuration.tokensFile = folder.path("tokens")
        let loader = TokenLoader(configuration, DataFolderPaths(folder: folder.path("data")))
        #expect(try verdict(request("key=\(Self.id)"), try loader.load()))
        #expect(try verdict(request(nil, token: "12345", algorithm: .sha1), try loader.load()))
    }

    @Test(arguments: [
        "{key: a, algorithm: HMAC_SHA256}", "{key: a, algorithm: HMAC_MD5, secret: hush}",
        "{key: a, algorithm: HMAC_SHA1, secret: hush, more: b}",
        "{key: '', algorithm: HMAC_SHA1, secret: hush}",
        "{key: 'a,b', algorithm: HMAC_SHA1, secret: hush}",
        "{key: a, algorithm: HMAC_SHA1, secret: 'hush hush'}",
    ])
    func `a SharedKey that is none is refused without its secret`(entry: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("\"*\": [\(entry)]", to: "tokens")
        do {
            _ = try TokensFile.load(path: folder.path("tokens"))
            Issue.record("was taken")
        } catch {
            #expect(error.description.contains("SharedKey"))
            #expect(!error.description.contains("hush"))
        }
    }
}
