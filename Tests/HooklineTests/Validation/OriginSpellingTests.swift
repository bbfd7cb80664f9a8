import MicroHTTP
import OpenSSL
import Testing

@testable import Hookline

/// A public URL whose host was written with capitals: both spellings may have been signed.
@Suite struct OriginSpellingTests {
    private let configuration = Configuration.serving("https://Hooks.Example.COM")

    private var tokens: TokenTable {
        var table = TokenTable()
        table.anyAccount = [HMACKey(Array("12345".utf8))]
        return table
    }

    private func verdict(
        _ signed: String, _ configuration: Configuration
    ) throws -> WebhookVerifier.Verdict {
        let request = try TwilioRequest(
            SimulatedCall(origin: signed).signed().http,
            trace: TraceIDs().context(of: HTTPFields()),
            origin: RequestOrigin(configuration), parametersMax: 100)
        let verifier = WebhookVerifier(
            tokens: Tokens(tokens), parametersMax: 100, spellings: OriginSpellings(configuration))
        return verifier.verify(request)
    }

    /// What is kept as the origin that Twilio called; nil when the request is refused.
    private func origin(_ signed: String, _ configuration: Configuration) throws -> String? {
        guard case .genuine(let webhook, _) = try verdict(signed, configuration) else { return nil }
        return String(decoding: webhook.head[.origin], as: UTF8.self)
    }

    @Test(arguments: ["https://Hooks.Example.COM", "https://hooks.example.com"])
    func `both spellings verify, and the one that was signed is kept`(signed: String) throws {
        #expect(try origin(signed, configuration) == signed)
        #expect(
            try SimulatedCall(origin: signed).signed().report(configuration, tokens: tokens).isMatch
        )
    }

    @Test func `the spelling of the base path and of other hosts counts`() throws {
        for signed in ["https://HOOKS.example.com", "https://Hooks.Example.ORG"] {
            #expect(try origin(signed, configuration) == nil)
            let report = try SimulatedCall(origin: signed).signed().report(
                configuration, tokens: tokens)
            #expect(!report.isMatch)
        }
        let based = Configuration.serving("https://Hooks.Example.COM/Twilio")
        #expect(try origin("https://Hooks.Example.COM/Twilio", based) != nil)
        #expect(try origin("https://hooks.example.com/Twilio", based) != nil)
        #expect(try origin("https://hooks.example.com/twilio", based) == nil)
    }

    @Test func `a public URL without capitals has one spelling`() throws {
        #expect(OriginSpellings(.serving) == nil)
        #expect(try origin("https://Hooks.Example.COM", .serving) == nil)
    }

    @Test(arguments: ["https://Hooks.Example.COM:8443", "https://Hooks.Example.COM"])
    func `the spelling as written holds with and without a port`(signed: String) throws {
        #expect(try origin(signed, .serving("https://Hooks.Example.COM:8443")) != nil)
    }

    @Test func `a mistake beside the spelling is explained without a word of the host`() throws {
        let explanation = try SimulatedCall(origin: "https://Hooks.Example.COM").signed()
            .explained(.serving("http://Hooks.Example.COM"))
        #expect(explanation.hint == .scheme)
        #expect(
            explanation.sentence == "this request would match with https: set --public-url "
                + "https://Hooks.Example.COM")
    }

    @Test func `what a proxy damaged is mended for both spellings`() throws {
        for signed in ["https://Hooks.Example.COM", "https://hooks.example.com"] {
            var request = try SimulatedCall(origin: signed).signed()
            request.target = "/webhook//whatsapp"
            let mender = RequestRepair(configuration, Tokens(tokens))
            let mended = mender.mend(request.http, isThorough: true)
            #expect(mended?.origin == Array(signed.utf8))
            #expect(mended?.request.target == Array("/webhook/whatsapp".utf8))
        }
    }
}

/// X6: hosts are tried as they were written and in small letters, wherever they come from.
@Suite struct HostSpellingTests {
    @Test(arguments: [
        ("Host", "Hooks.Example.COM"), ("X-Forwarded-Host", "Hooks.Example.COM, inner"),
        ("X-Forwarded-Host", "inner, Hooks.Example.COM"), ("X-Original-Host", "Hooks.Example.COM"),
        ("Forwarded", "for=192.0.2.7;host=Hooks.Example.COM"),
    ])
    func `a host in a field is found as written and in small letters`(
        name: String, value: String
    ) throws {
        for signed in ["https://Hooks.Example.COM", "https://hooks.example.com"] {
            var request = try SimulatedCall(origin: signed).signed()
            request["Host"] = "10.0.0.7"
            request[name] = value
            let explanation = try request.explained(.serving("https://other.example.org"))
            #expect(explanation.hint == .host)
            #expect(explanation.sentence.hasSuffix(": set --public-url \(signed)"))
            let followed = try request.explained(.serving(signed))
            #expect(followed.change == MismatchChange())
        }
    }

    @Test func `a host that a proxy put into small letters is found by the public URL as written`()
        throws
    {
        var request = try SimulatedCall(origin: "https://Hooks.Example.COM/twilio").signed()
        request["Host"] = "hooks.example.com"
        let explanation = try request.explained(.serving("https://Hooks.Example.COM"))
        #expect(explanation.hint == .path)
        #expect(
            explanation.sentence.hasSuffix(": set --public-url https://Hooks.Example.COM/twilio"))
    }

    @Test func `the origins that are tried are bounded, and the same each time`() throws {
        var request = try SimulatedCall().signed()
        request["Host"] = "Host.Example.COM:81"
        request["X-Forwarded-Host"] = "First.Example.COM:82, Last.Example.COM:83"
        request["X-Original-Host"] = "Original.Example.COM"
        request["Forwarded"] = "host=Forwarded.Example.COM"
        request["X-Forwarded-Port"] = "84"
        let configuration = Configuration.serving("https://Public.Example.COM:85")
        let options = MismatchExplainer.Options(configuration)
        let subject = try #require(
            MismatchSubject(
                request.http, used: Array("https://public.example.com:85".utf8), options))
        let first = OriginTrial.all(subject.origins)
        #expect(first.count == OriginTrial.countMax)
        #expect(OriginTrial.all(subject.origins).map(\.origin) == first.map(\.origin))
        // Every host of every field is among them, in both spellings.
        let hosts = Set(first.map { String(decoding: $0.origin.host, as: UTF8.self) })
        for name in ["Host", "First", "Last", "Original", "Forwarded"] {
            #expect(hosts.contains("\(name).Example.COM"))
            #expect(hosts.contains("\(name.lowercased()).example.com"))
        }
    }
}
