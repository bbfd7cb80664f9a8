import TestSupport
import Testing

@testable import Hookline

/// For whom a webhook is, by the rules of the file.
@Suite struct DestinationRulesTests {
    private static let account = SampleRequest.account

    /// Rules over the destinations `a` to `d`, and what `unmatched` is.
    private func rules(_ text: String) throws -> (DestinationRules, Configuration) {
        let folder = try TemporaryFolder()
        let names = ["a", "b", "c", "d"].map { "  \($0): {url: \"log:\"}\n" }.joined()
        try folder.write(
            "public-url: https://h\nroutes: [/hooks/X]\ndestinations:\n\(names)rules:\n\(text)",
            to: "file.yaml")
        let configuration = try ConfigurationLoader.load(
            flags: [], file: folder.path("file.yaml"), environment: ["TWILIO_AUTH_TOKEN": "t"]
        ).configuration
        return (try #require(DestinationRules(configuration)), configuration)
    }

    /// Who gets a request.
    private func names(_ rules: DestinationRules, _ request: SampleRequest) throws -> String {
        let webhook = try request.read().webhook(provedBy: 7, rules: rules)
        return webhook.destinations.map { rules.list.names[$0.index].text }.joined(separator: " ")
    }

    private func message(_ more: KeyValuePairs<String, String> = [:]) -> SampleRequest {
        var fields = [
            ("AccountSid", Self.account), ("MessageSid", "SM" + String(repeating: "1", count: 32)),
            ("SmsStatus", "received"), ("From", "+15005550006"),
        ]
        if !more.contains(where: { $0.key == "To" }) { fields.append(("To", "+15005550001")) }
        if !more.contains(where: { $0.key == "NumMedia" }) { fields.append(("NumMedia", "0")) }
        return SampleRequest(fields + more.map { ($0.key, $0.value) })
    }

    @Test func `X17 each condition of a rule must hold, and the first rule that takes it decides`()
        throws
    {
        let (rules, _) = try rules(
            """
              - {kind: media, destinations: [a, b]}
              - {kind: button, destinations: b}
              - {kind: message, to: [+49*, "+15005550002"], destinations: c}
              - {kind: message, route: /hooks/X, destinations: [d, a]}
              - {kind: status_callback, status: [failed, undelivered], destinations: d}
              - {event: [onMessageAdded, com.twilio.messaging.*], destinations: c}
              - {account: AC\(String(repeating: "b", count: 32)), destinations: a}
            """)
        #expect(try names(rules, message(["NumMedia": "2"])) == "a b")
        #expect(try names(rules, message(["ButtonPayload": "yes"])) == "b")
        #expect(try names(rules, message(["To": "+4930123"])) == "c")
        #expect(try names(rules, message(["To": "+15005550002"])) == "c")
        #expect(try names(rules, message(["To": "+150055500021"])) == "unmatched")
        var other = message()
        other.target = "//HOOKS/x/?a=b"
        #expect(try names(rules, other) == "a d")
        let callback = { (status: String) in
            SampleRequest([
                "AccountSid": Self.account, "MessageSid": "SM" + String(repeating: "1", count: 32),
                "MessageStatus": status,
            ])
        }
        #expect(try names(rules, callback("failed")) == "d")
        #expect(try names(rules, callback("delivered")) == "unmatched")
        let chat = SampleRequest([
            "AccountSid": Self.account, "EventType": "onMessageAdded", "ConversationSid": "CH1",
        ])
        #expect(try names(rules, chat) == "c")
        let event = { (type: String) in
            SampleRequest(
                json: "[{\"specversion\":\"1.0\",\"id\":\"EZ1\",\"type\":\"com.twilio.voice.x\"},"
                    + "{\"specversion\":\"1.0\",\"id\":\"EZ2\",\"type\":\"\(type)\"}]")
        }
        #expect(try names(rules, event("com.twilio.messaging.message.sent")) == "c")
        #expect(try names(rules, event("com.twilio.messaging")) == "unmatched")
    }

    @Test func `X17 a rule without conditions takes what is left`() throws {
        let (rules, configuration) = try rules(
            "  - {kind: voice, destinations: a}\n  - {destinations: [c, b]}\n")
        #expect(try names(rules, message()) == "b c")
        #expect(configuration.destinationList.count == 4)
    }

    @Test func `X17 what no rule takes goes to a destination called unmatched, if there is one`()
        throws
    {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            public-url: https://h
            destinations: {unmatched: {url: "log:"}, a: {url: "log:"}}
            rules: [{kind: voice, destinations: a}]
            """, to: "file.yaml")
        let configuration = try ConfigurationLoader.load(
            flags: [], file: folder.path("file.yaml"), environment: ["TWILIO_AUTH_TOKEN": "t"]
        ).configuration
        let rules = try #require(DestinationRules(configuration))
        #expect(configuration.destinationList.count == 2)
        #expect(try names(rules, message()) == "unmatched")
    }

    @Test func `without rules everything is for the only destination`() throws {
        #expect(DestinationRules(Configuration()) == nil)
        #expect(try message().webhook().destinations == .first)
    }

    @Test func `X17 an explanation says which rule takes a request, and why others do not`()
        throws
    {
        let (_, configuration) = try rules(
            "  - {kind: voice, destinations: a}\n  - {to: +49*, destinations: b}\n"
                + "  - {kind: message, destinations: [c, d]}\n")
        var text = try RuleExplanation(CapturedRequest(message().http), configuration).text
        #expect(text.contains("rules[1] (line 9): no, because of kind: it is \"message\"\n"))
        #expect(text.contains("rules[2] (line 10): no, because of to: it is \"+15005550001\"\n"))
        #expect(text.contains("rules[3] (line 11): takes it\n"))
        #expect(text.hasSuffix("goes to c, d\n"))
        text = try RuleExplanation(
            CapturedRequest(SampleRequest(json: "{}").http), configuration
        ).text
        #expect(text.contains("no, because of to: there is none"))
        #expect(text.contains("it is kept and not forwarded"))
    }
}
