import Foundation
import TestSupport
import Testing

/// R16: each constant can be configured, and changes what it names.
extension EndToEnd {
    @Suite struct ConstantsTests {
        private let phase = "webhook_phase_duration_seconds_bucket"

        private func ask(_ receiver: Receiver, sid: String = "SM1") throws -> Int {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try SignedWebhook(sid: sid).request())
            return try #require(client.response()).status
        }

        @Test(arguments: [("500ms", 0.0), ("20ms", 1.0)])
        func `R16 ack-budget is the time that validation and commit may take`(
            budget: String, exceeded: Double
        ) throws {
            let faults = try DiskFaults()
            let receiver = try Receiver(
                ["--ack-budget", budget, "--validation-budget", "15ms"], faults: faults)
            try faults.delay(milliseconds: 60)
            #expect(try ask(receiver) == 200)
            let metrics = try receiver.metrics(afterReplies: 1)
            #expect(metrics[#"budget_exceeded_total{budget="acknowledgement"}"#] == exceeded)
        }

        @Test(arguments: [("100ms", 1.0), ("400ms", 0.0)])
        func `R16 validation-budget is the time that validation may take`(
            budget: String, exceeded: Double
        ) throws {
            let receiver = try Receiver(
                ["--validation-budget", budget],
                environment: ["INVARIANT_CONTROL": "slow-validation"])
            #expect(try ask(receiver) == 200)
            #expect(
                try receiver.metrics(afterReplies: 1)[
                    #"budget_exceeded_total{budget="validation"}"#] == exceeded)
        }

        @Test(arguments: [("50ms", 1.0), ("700ms", 0.0)])
        func `R16 signature-timeout is how long a token is waited for`(
            timeout: String, isFast: Double
        ) throws {
            let folder = try TemporaryFolder()
            // It hangs; its argument, the account, is not for `sleep`.
            try folder.write("exec sleep 600", to: "command")
            let receiver = try Receiver(
                [
                    "--tokens-command", "/bin/sh \(folder.path("command"))", "--signature-timeout",
                    timeout,
                ], folder: folder, authToken: nil)
            #expect(try ask(receiver) == 200)
            let metrics = try receiver.metrics(afterReplies: 1)
            #expect(metrics[#"signature_timeouts_total{policy="defer"}"#] == 1)
            #expect(metrics[phase + #"{phase="validation",le="0.5"}"#] == isFast)
        }

        @Test func `R16 response-deadline is when an answer leaves at the latest`() throws {
            let faults = try DiskFaults()
            let receiver = try Receiver(
                ["--response-deadline", "600ms", "--forward-to", "http://127.0.0.1:1/"],
                faults: faults)
            try faults.delay(milliseconds: 5000)
            let start = ContinuousClock.now
            #expect(try ask(receiver) == 503)
            #expect(ContinuousClock.now - start < .seconds(2))
            try faults.mend()
            #expect(receiver.stop() == 0)
        }

        @Test(arguments: [("300s", 1.0), ("1s", 0.0)])
        func `R16 validation-cache-ttl is how long a validation is remembered`(
            live: String, hits: Double
        ) throws {
            let receiver = try Receiver(["--validation-cache-ttl", live])
            #expect(try ask(receiver) == 200)
            let start = ContinuousClock.now
            #expect(eventually { ContinuousClock.now - start > .milliseconds(1100) })
            #expect(try ask(receiver) == 200)
            #expect(
                try receiver.metrics().sum("validation_cache_requests_total", #""hit""#) == hits)
        }

        @Test func `R16 R13 thresholds are gauges and bounds of the histograms`() throws {
            let standard = try Receiver().metrics()
            let changed = try Receiver([
                "--alert-warning", "700ms", "--alert-critical", "4s",
                "--alert-validation-failures", "0.2",
            ]).metrics()
            let time = "alert_response_time_threshold_seconds"
            let ratio = #"alert_validation_failure_threshold_ratio{severity="error"}"#
            #expect(standard[time + #"{severity="warning"}"#] == 1)
            #expect(standard[time + #"{severity="critical"}"#] == 3)
            #expect(standard[ratio] == 0.05)
            #expect(changed[time + #"{severity="warning"}"#] == 0.7)
            #expect(changed[time + #"{severity="critical"}"#] == 4)
            #expect(changed[ratio] == 0.2)
            for bound in [#"le="0.7""#, #"le="4""#] {
                let series = #"webhook_duration_seconds_bucket{route="sms",outcome="accepted","#
                let ends = [bound + "}", bound.dropLast() + #".0"}"#]
                #expect(ends.contains { changed[series + $0] != nil })
                #expect(ends.allSatisfy { standard[series + $0] == nil })
            }
        }
    }
}
