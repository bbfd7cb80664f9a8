import OpenSSL
import Testing

@testable import Hookline

/// X6: each hint, and the sentence that goes with it.
@Suite struct MismatchExplainerTests {
    private func request(_ call: SimulatedCall = SimulatedCall()) throws -> SimulatedRequest {
        try call.signed()
    }

    @Test func `a request that matches is told so`() throws {
        let explanation = try request().explained()
        #expect(explanation.hint == .none)
        #expect(explanation.sentence.hasPrefix("this request matches now"))
        #expect(explanation.proof?.origin == Array("https://hooks.example.com".utf8))
        #expect(explanation.hmacs == 1)
    }

    @Test(arguments: [
        ("http://hooks.example.com", MismatchHint.scheme, "https"),
        ("https://hooks.example.com:8443", .none, "matches now"),
        ("http://hooks.example.com:8080", .scheme, "https and no port"),
        ("https://www.hooks.example.com", .host, "host hooks.example.com"),
        ("https://HOOKS.example.com", .none, "matches now"),
        ("https://10.0.0.7", .host, "host hooks.example.com"),
        ("http://10.0.0.7:3000", .host, "https, host hooks.example.com and no port"),
        ("https://hooks.example.com/twilio", .path, "no /twilio before the path"),
    ])
    func `a wrong public URL is explained`(
        configured: String, hint: MismatchHint, words: String
    ) throws {
        let explanation = try request().explained(.serving(configured))
        #expect(explanation.hint == hint)
        #expect(explanation.sentence.contains(words))
        if hint != .none {
            #expect(explanation.sentence.hasSuffix(": set --public-url https://hooks.example.com"))
        }
        #expect(explanation.proof != nil)
    }

    @Test(arguments: [
        ("https://hooks.example.com:8443", "X-Forwarded-Port", "8443", MismatchHint.port),
        ("https://hooks.example.com:8443", "Host", "hooks.example.com:8443", .port),
        ("https://other.example.com", "X-Forwarded-Host", "other.example.com", .host),
        ("https://other.example.com", "X-Forwarded-Host", "other.example.com, inner", .host),
        ("https://other.example.com", "X-Original-Host", "other.example.com", .host),
        ("https://other.example.com", "Forwarded", "for=1.2.3.4;host=\"other.example.com\"", .host),
        ("https://hooks.example.com/in/here", "X-Forwarded-Prefix", "/in/here/", .path),
        (
            "https://hooks.example.com/in/here", "X-Original-URI", "/in/here/webhook/whatsapp",
            .path
        ),
        ("https://hooks.example.com/hooks", "Host", "10.0.0.7", .path),
        ("https://other.example.com:8443", "X-Forwarded-Host", "other.example.com:8443", .host),
    ])
    func `what a proxy's fields tell is found and becomes the public URL`(
        signed: String, field: String, value: String, hint: MismatchHint
    ) throws {
        var request = try request(SimulatedCall(origin: signed))
        request["Host"] = "10.0.0.7"
        request[field] = value
        let explanation = try request.explained()
        #expect(explanation.hint == hint)
        #expect(explanation.sentence.hasSuffix(": set --public-url \(signed)"))
        #expect(
            try request.explained(.serving(signed)).change == MismatchChange())
    }

    @Test func `the sentence follows the way in which the origin is configured`() throws {
        var request = try request()
        request["Host"] = "hooks.example.com"
        let sentence = try request.explained(.fromHost).sentence
        #expect(
            sentence == "this request would match with https: set --public-url "
                + "https://hooks.example.com in place of --origin-from-host")
        var proxies = Configuration()
        proxies.trustedProxies = [try CIDRBlock("127.0.0.0/8")]
        #expect(
            try request.explained(proxies).sentence
                == "this request would match with https: set --public-url https://hooks.example.com"
        )
        request["X-Forwarded-Proto"] = "https"
        #expect(try request.explained(proxies).change == MismatchChange())
        // Nothing in the request says which origin it is: the fields are what there is.
        request["Host"] = nil
        request["X-Forwarded-Host"] = "hooks.example.com"
        #expect(
            try request.explained(.fromHost).sentence.hasPrefix(
                "this request would match with https and host hooks.example.com"))
    }

    @Test(arguments: [
        ("/webhook/whatsapp", "/internal/webhook/whatsapp", "without /internal before it"),
        ("/twilio/whatsapp", "/webhook/whatsapp", "without /webhook before it"),
        ("/webhook/whatsapp/", "/webhook/whatsapp", "take the slash from the end of the URL"),
        ("/webhook/whatsapp", "/webhook/whatsapp/", "add no slash to the end of the path"),
        ("//webhook/whatsapp", "/webhook/whatsapp", "one slash where it has two"),
        ("/webhook/whatsapp", "/webhook//whatsapp", "without doubling a slash"),
        ("/webhook/whatsapp", "/webhook/whatsapp?a=1", "add no query"),
        ("/webhook/whatsapp?a=1", "/webhook/whatsapp?a=1&b=2", "add no parameter"),
        ("/webhook/whatsapp?", "/webhook/whatsapp", "question mark"),
        ("/hook%2fa", "/hook%2Fa", "(it writes %2F for %2f)"),
        ("/hook%2Fa?x=%2f", "/hook%2Fa?x=%2F", "(it writes %2F for %2f)"),
        ("/h?a=b%20c", "/h?a=b+c", "(it writes + for %20)"),
        ("/h?a=b+c", "/h?a=b%20c", "(it writes %20 for +)"),
        ("/h?a='b'", "/h?a=%27b%27", "(it escapes ')"),
        ("/h?a=x:y@z", "/h?a=x%3Ay%40z", "(it escapes : or @)"),
        ("/h?b=1&a=2", "/h?a=2&b=1", "no likely change"),
        ("/h?a=2&b=1", "/h?b=1&a=2", "keep the order"),
    ])
    func `a target that a proxy changed is explained`(
        signed: String, arrived: String, words: String
    ) throws {
        var request = try request(SimulatedCall(target: signed))
        request.target = arrived
        let explanation = try request.explained()
        #expect(explanation.sentence.contains(words))
        #expect(!explanation.sentence.contains("--public-url"))
        guard explanation.hint != .none else { return }
        #expect(explanation.hint == .path)
        let proof = try #require(explanation.proof)
        #expect(proof.origin + proof.target == Array("https://hooks.example.com\(signed)".utf8))
    }

    @Test func `a target that a proxy kept in a field is found`() throws {
        var request = try request(SimulatedCall(target: "/t/7?tenant=7"))
        request.target = "/webhook/whatsapp"
        request["X-Original-URI"] = "/t/7?tenant=7"
        let explanation = try request.explained()
        #expect(explanation.sentence.contains("as X-Original-URI shows them"))
        #expect(!explanation.sentence.contains("tenant"))
    }

    @Test func `two and three changes at once are found`() throws {
        var request = try request(
            SimulatedCall(origin: "https://hooks.example.com/twilio", target: "/webhook/sms"))
        request["Host"] = "127.0.0.1:8080"
        request["X-Forwarded-Host"] = "hooks.example.com"
        let explanation = try request.explained(.fromHost)
        #expect(explanation.hint == .host)
        #expect(
            explanation.sentence.hasSuffix(
                "set --public-url https://hooks.example.com/twilio in place of --origin-from-host"))
        request.target = "/inner/webhook/sms"
        let three = try request.explained(.fromHost)
        #expect(three.sentence.contains("let the proxy pass the path on as Twilio called it"))
        #expect(three.sentence.contains("set --public-url https://hooks.example.com in place"))
    }

    @Test func `an explanation is one sentence without a secret, a number or a text`() throws {
        var request = try request(SimulatedCall(target: "/webhook/whatsapp?to=15005550006"))
        request.target = "/x/webhook/whatsapp?to=15005550006"
        for text in [
            try request.explained().sentence,
            try request.explained(.serving("http://elsewhere")).sentence,
        ] {
            for word in ["12345", "15005550006", "welcome", "SM1", request.signature] {
                #expect(!text.contains(word))
            }
            #expect(!text.contains("\n") && !text.hasSuffix("."))
        }
    }

    @Test func `no explanation costs more HMACs or bytes than its bounds`() throws {
        var request = try request()
        request["X-Forwarded-Host"] = "a.example, b.example"
        request["X-Forwarded-Port"] = "81"
        request["X-Original-URI"] = "/a/b/c/d?e"
        request.target = "/a/b/c/d/e/f//g/?h='%2f+%20:"
        request.signature = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
        let nothing = try request.explained(.serving("http://c.example:82/base"))
        #expect(nothing.hint == .none && nothing.hmacs == 2048)
        request.body = Array(repeating: UInt8(ascii: "a"), count: 64 * 1024)
        let large = try request.explained(.serving("http://c.example:82/base"))
        // 16 MiB of messages that are a little longer than 64 KiB.
        #expect(large.hmacs > 64 && large.hmacs <= 256)
    }

    @Test func `a bound that is just enough finds, and one less does not`() throws {
        var request = try request()
        request.target = "/x/webhook/whatsapp"
        let wrong = Configuration.serving("http://other.example.com:81")
        request["X-Forwarded-Host"] = "hooks.example.com"
        let needed = try request.explained(wrong).hmacs
        #expect(needed > 100)
        #expect(try request.explained(wrong, hmacsMax: needed).hint == .host)
        let less = try request.explained(wrong, hmacsMax: needed - 1)
        #expect(less.hint == .none && less.hmacs == needed - 1)
    }
}
