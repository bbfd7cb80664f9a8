import Foundation
import TestSupport
import Testing

/// `hookline doctor`: the program itself against a stand-in for Twilio.
extension EndToEnd {
    @Suite struct DoctorCommandTests {
        private let twilio: TwilioStandIn
        private let good = "https://hooks.example.com/webhook/sms#rc=3&rp=all"

        init() throws {
            twilio = try TwilioStandIn()
            twilio.with { state in
                _ = state.rows.addNumber(
                    "+15550100", ["sms_url": "https://a.ngrok.io/x", "sms_fallback_url": ""])
            }
        }

        private func doctor(
            _ arguments: [String], token: String = "12345"
        ) throws -> (status: Int32, output: String, errors: String) {
            try ChildProcess.run(
                Repository.hookline,
                [
                    "doctor", "--public-url", "https://hooks.example.com", "--twilio-api",
                    twilio.url, "--skip-public-url",
                ] + arguments,
                environment: [
                    "TWILIO_AUTH_TOKEN": token, "TWILIO_ACCOUNT_SID": TwilioStandIn.account,
                ])
        }

        @Test func `X22 mistakes are said with what to enter, and fixed after a yes`() throws {
            let found = try doctor([])
            #expect(found.status == 1)
            #expect(found.output.contains("messages go to the tunnel a.ngrok.io, not here"))
            #expect(found.output.contains("         \(good)\n"))
            #expect(found.output.hasSuffix("2 wrong.\n"))
            let unasked = try doctor(["--fix"])
            #expect(unasked.status == 1 && unasked.errors.contains("confirm with --yes"))
            #expect(twilio.with { !$0.requests.contains { $0.hasPrefix("POST") } })
            let fixed = try doctor(["--fix", "--yes"])
            #expect(fixed.status == 0, "\(fixed.output) \(fixed.errors)")
            #expect(fixed.errors.contains("changed number PN"))
            #expect(fixed.output.hasSuffix("Nothing is wrong.\n"))
            #expect(twilio.with { $0.rows.numbers[0]["sms_url"]?.text } == good)
        }

        @Test func `X22 the report is one JSON object on request`() throws {
            let found = try doctor(["--json"])
            #expect(found.status == 1)
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any])
            let sections = try #require(report["sections"] as? [[String: Any]])
            let findings = sections.flatMap { $0["findings"] as? [[String: Any]] ?? [] }
            #expect(
                findings.compactMap { $0["mistake"] as? String } == ["tunnel", "fallback_missing"])
        }

        @Test func `X22 a token of another account is named and never shown`() throws {
            let found = try doctor([], token: "s3cr3t-token")
            #expect(found.status == 1)
            #expect(found.output.contains("is not this account's"))
            #expect(!(found.output + found.errors).contains("s3cr3t"))
        }

        @Test func `X22 wrong usage and a missing account are said`() throws {
            #expect(try doctor(["--yes"]).status == 2)
            #expect(try doctor(["--error-hours", "0"]).status == 2)
            let result = try ChildProcess.run(
                Repository.hookline, ["doctor", "--public-url", "https://hooks.example.com"],
                environment: ["TWILIO_AUTH_TOKEN": "t"])
            #expect(result.status == 1)
            #expect(result.errors.contains("--twilio-account: is missing"))
        }
    }
}
