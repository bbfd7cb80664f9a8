import Hookline
import TestSupport
import Testing

@testable import HooklineDoctor

/// A fixture for every mistake: it is named in one sentence with the remedy, and `--fix` changes
/// exactly what it can.
@Suite(.timeLimit(.minutes(20))) struct DoctorTests {
    @Test func `what is right is said, and nothing is changed`() throws {
        let fixture = try DoctorFixture()
        fixture.addNumber()
        let report = try fixture.examine()
        #expect(report.mistakes == [] && !report.hasMistakes)
        #expect(report.plannedChanges == [])
        #expect(report.text.contains("right  messages go to \(DoctorFixture.sms)"))
        #expect(report.text.contains("an Auth Token that is configured here is this account's"))
        #expect(report.text.hasSuffix("Nothing is wrong.\n"))
    }

    /// What is entered, what is named, and what `--fix` leaves.
    struct Case: CustomTestStringConvertible {
        var entered: TwilioRow
        var mistake: Mistake
        var words: String
        var property: String
        var after: String

        var testDescription: String { "\(mistake): \(words)" }
    }

    static let cases: [Case] = [
        Case(
            entered: ["sms_method": "GET"], mistake: .method, words: "choose POST",
            property: "sms_method", after: "POST"),
        Case(
            entered: ["sms_url": "https://a1b2.ngrok-free.app/webhook/sms"], mistake: .tunnel,
            words: "the tunnel a1b2.ngrok-free.app", property: "sms_url", after: DoctorFixture.sms),
        Case(
            entered: ["sms_url": "http://hooks.example.com/twilio/webhook/sms"], mistake: .origin,
            words: "another scheme or port", property: "sms_url", after: DoctorFixture.sms),
        Case(
            entered: ["sms_url": "https://hooks.example.com/webhook/sms#rc=3&rp=all"],
            mistake: .path, words: "/webhook/sms, which is no route here", property: "sms_url",
            after: DoctorFixture.sms),
        Case(
            entered: ["sms_url": "https://hooks.example.com/twilio/webhook/smss"], mistake: .path,
            words: "no route here", property: "sms_url", after: DoctorFixture.sms),
        Case(
            entered: ["sms_url": .text(DoctorFixture.status)], mistake: .path,
            words: "the path of status callbacks", property: "sms_url", after: DoctorFixture.sms),
        Case(
            entered: ["sms_url": "not a url"], mistake: .url, words: "is no URL",
            property: "sms_url", after: DoctorFixture.sms),
        Case(
            entered: ["sms_url": "https://hooks.example.com/twilio/webhook/sms"],
            mistake: .retries, words: "does not try again", property: "sms_url",
            after: DoctorFixture.sms),
        Case(
            entered: ["sms_url": "https://hooks.example.com/twilio/webhook/sms#rc=9"],
            mistake: .overrides, words: "\"rc=9\"", property: "sms_url", after: DoctorFixture.sms),
        Case(
            entered: ["sms_fallback_url": ""], mistake: .fallbackMissing,
            words: "no fallback URL", property: "sms_fallback_url", after: DoctorFixture.sms),
        Case(
            entered: ["sms_fallback_url": "https://x.trycloudflare.com/webhook/sms"],
            mistake: .fallback, words: "the tunnel x.trycloudflare.com",
            property: "sms_fallback_url", after: DoctorFixture.sms),
        Case(
            entered: ["status_callback": .text(DoctorFixture.sms)], mistake: .statusCallback,
            words: "/webhook/sms, a path of messages", property: "status_callback",
            after: DoctorFixture.status),
        Case(
            entered: ["status_callback": "https://hooks.example.com/twilio/status"],
            mistake: .statusCallback, words: "no route here", property: "status_callback",
            after: DoctorFixture.status),
    ]

    @Test(arguments: cases)
    func `a mistake of a number is named and fixed, and nothing else is changed`(
        one: Case
    ) throws {
        let fixture = try DoctorFixture()
        fixture.addNumber(one.entered)
        let before = fixture.number
        let report = try fixture.examine()
        #expect(report.mistakes == [one.mistake])
        let finding = try #require(
            report.sections.flatMap(\.findings).first { $0.mistake == one.mistake })
        #expect(finding.sentence.contains(one.words), "\(finding.sentence)")
        #expect(finding.isFixable)
        #expect(one.mistake == .method || finding.paste == one.after)
        #expect(report.text.contains("1 wrong."))
        #expect(report.json.contains("\"mistake\":\"\(one.mistake.rawValue)\""))
        let after = try fixture.fixed(report)
        #expect(after.mistakes == [])
        #expect(fixture.number == before.merging([one.property: .text(one.after)]) { $1 })
    }

    @Test func `several mistakes of one number are fixed with one call`() throws {
        let fixture = try DoctorFixture()
        let entered: TwilioRow = [
            "sms_url": "https://x.ngrok.io/", "sms_method": "GET", "sms_fallback_url": "",
        ]
        let sid = fixture.addNumber(entered)
        let report = try fixture.examine()
        #expect(report.mistakes == [.tunnel, .method, .fallbackMissing])
        #expect(report.plannedChanges.count == 1 && report.plannedChanges[0].contains(sid))
        #expect(try fixture.fixed(report).mistakes == [])
        let posts = fixture.twilio.with { $0.requests.count { $0.hasPrefix("POST") } }
        #expect(posts == 1)
    }

    @Test func `a number of another application is left alone unless it is named`() throws {
        var fixture = try DoctorFixture()
        fixture.addNumber(["sms_url": .text(DoctorFixture.other), "sms_method": "GET"])
        fixture.addNumber(["sms_url": "", "status_callback": ""], number: "+15550101")
        let report = try fixture.examine()
        #expect(report.mistakes == [])
        #expect(report.text.contains("note   messages go to bot.example.org, not to this Hookline"))
        #expect(report.text.contains("note   no URL is called for messages"))
        fixture.options.numbers = ["+15550100", "+15550101"]
        let wanted = try fixture.examine()
        #expect(wanted.mistakes == [.elsewhere, .method, .elsewhere])
        #expect(try fixture.fixed(wanted).mistakes == [])
    }

    @Test func `a number of a sub-account without its token is named, and not fixed`() throws {
        var fixture = try DoctorFixture()
        let sub = "AC" + String(repeating: "b", count: 32)
        fixture.twilio.with { state in
            state.rows.accounts.append(
                TwilioStandInRows.account(sub, name: "Shop", owner: TwilioStandIn.account))
            state.tokens[sub] = "67890"
        }
        fixture.addNumber(account: sub)
        let report = try fixture.examine()
        #expect(report.mistakes == [.subaccount])
        #expect(report.text.contains("add `\(sub): [token]` to --tokens-file"))
        #expect(report.plannedChanges == [])
        let folder = try TemporaryFolder()
        try folder.write(Array("\(sub): [67890]\n\"*\": [12345]\n".utf8), to: "tokens.yaml")
        fixture.configuration.tokensFile = folder.path("tokens.yaml")
        #expect(try fixture.examine().mistakes == [])
    }

    @Test func `the token of another account is named, however Twilio is asked`() throws {
        var fixture = try DoctorFixture()
        fixture.addNumber()
        fixture.configuration.authTokens = [Secret("another".utf8)]
        let report = try fixture.examine()
        #expect(report.mistakes == [.token])
        #expect(report.text.contains("copy it from the Twilio console"))
        fixture.twilio.with { $0.keys["SK1"] = ("s3cret", TwilioStandIn.account) }
        fixture.configuration.twilio.apiKey = "SK1"
        let folder = try TemporaryFolder()
        try folder.write(Array("s3cret\n".utf8), to: "secret")
        fixture.configuration.twilio.apiSecretFile = folder.path("secret")
        #expect(try fixture.examine().mistakes == [.token])
        fixture.configuration.authTokens.append(Secret("12345".utf8))
        #expect(try fixture.examine().mistakes == [])
        fixture.twilio.with { $0.keys["SK1"] = ("changed", TwilioStandIn.account) }
        #expect(try fixture.examine().mistakes == [.credentials])
    }

    @Test func `a number whose calls come here is named, and not fixed`() throws {
        let fixture = try DoctorFixture()
        fixture.addNumber(["voice_url": .text(DoctorFixture.publicURL + "/webhook/sms")])
        let report = try fixture.examine()
        #expect(report.mistakes == [.voice])
        #expect(report.plannedChanges == [])
    }

    @Test func `what cannot be read is said, and the rest is looked at`() throws {
        let fixture = try DoctorFixture()
        fixture.addNumber(["sms_method": "GET"])
        fixture.twilio.fail(
            "/v1/Services", [.refused(status: 403, code: 20403, message: "Forbidden")])
        fixture.twilio.fail("/v1/Alerts", [.refused(status: 500, code: 0, message: "x")])
        let report = try fixture.examine()
        #expect(report.mistakes == [.method])
        #expect(
            report.text.contains("messaging services: Twilio answers 403, code 20403: Forbidden"))
    }

    @Test func `what is missing from the configuration is said`() throws {
        var fixture = try DoctorFixture()
        fixture.configuration.publicURL = nil
        #expect(throws: DoctorFault.self) { try fixture.examine() }
        fixture = try DoctorFixture()
        fixture.configuration.twilio.account = nil
        #expect(throws: DoctorFault.self) { try fixture.examine() }
        fixture = try DoctorFixture()
        fixture.configuration.authTokens = []
        #expect(throws: DoctorFault.self) { try fixture.examine() }
    }

    @Test func `Twilio's errors are summed by code, number and host`() throws {
        let fixture = try DoctorFixture()
        fixture.addNumber()
        func alert(_ sid: String, _ code: String, _ minute: Int, _ to: String) -> TwilioRow {
            [
                "sid": .text(sid), "error_code": .text(code),
                "request_url": "https://hooks.example.com/twilio/webhook/sms",
                "date_generated": .text("2026-11-28T16:0\(minute):00Z"),
                "request_variables": .text("From=%2B1&To=\(to)"),
            ]
        }
        fixture.twilio.with { state in
            state.rows.alerts = [
                alert("NO1", "11200", 9, "%2B15550100"), alert("NO2", "11200", 8, "%2B15550100"),
                alert("NO3", "11205", 7, "%2B15550101"), alert("NO4", "30003", 6, "%2B15550101"),
            ]
        }
        let errors = try fixture.examine().errors
        #expect(errors.map(\.code) == [11200, 11205])
        #expect(errors.map(\.count) == [2, 1])
        #expect(errors.map(\.number) == ["+15550100", "+15550101"])
        #expect(errors[0].place == "hooks.example.com" && errors[0].last == "2026-11-28T16:09:00Z")
        #expect(try fixture.examine().text.contains("11200  2 ×  +15550100  hooks.example.com"))
    }

    @Test func `the public URL is asked, and what came of it is said`() throws {
        func sentence(_ url: String) throws -> Finding {
            var fixture = try DoctorFixture()
            fixture.configuration.publicURL = url
            fixture.options.asksPublicURL = true
            return try #require(try fixture.examine().sections.first?.findings.first)
        }
        let server = try LoopbackServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        #expect(try sentence("http://127.0.0.1:\(server.port)").verdict == .right)
        let strict = try LoopbackServer(answering: "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
        #expect(try sentence("http://127.0.0.1:\(strict.port)").sentence.contains("404"))
        let port = try LoopbackSocket.closedPort()
        #expect(try sentence("http://127.0.0.1:\(port)").verdict == .note)
    }
}
