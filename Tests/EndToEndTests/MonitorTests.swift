import Foundation
import TestSupport
import Testing

/// R12: the process judges itself, while something is really wrong.
extension EndToEnd {
    @Suite struct MonitorTests {
        private static let warning =
            #"alert_active{alert="response_time",severity="warning"}"#
        private static let critical =
            #"alert_active{alert="response_time",severity="critical"}"#
        private static let failures =
            #"alert_active{alert="validation_failures",severity="error"}"#

        /// The log's lines that say that a verdict changed.
        private func changes(_ receiver: Receiver) throws -> [[String: Any]] {
            try lines(receiver).filter { ($0["msg"] as? String)?.hasPrefix("alert ") == true }
        }

        private func lines(_ receiver: Receiver) throws -> [[String: Any]] {
            try receiver.log.split(separator: "\n").compactMap { line in
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            }
        }

        @Test func `R12 a slow disk makes the response time a warning, once, until it is mended`()
            throws
        {
            let faults = try DiskFaults()
            let receiver = try Receiver(
                [
                    "--response-deadline", "14s", "--alert-warning", "500ms", "--alert-critical",
                    "12s", "--monitor-window", "5s",
                ], faults: faults)
            #expect(try receiver.metrics()[Self.warning] == 0)
            try faults.delay(milliseconds: 700)
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 30)
            #expect(try eventually { try receiver.metrics()[Self.warning] == 1 })
            let slow = try receiver.metrics()
            #expect(slow[Self.critical] == 0 && slow[Self.failures] == 0)
            let seconds = #"webhook_response_window_seconds{percentile="95"}"#
            #expect(try #require(slow[seconds]) > 0.5)
            try faults.mend()
            #expect(try eventually { try receiver.metrics()[Self.warning] == 0 })
            #expect(load.stop())
            #expect(receiver.stop() == 0)
            let changes = try changes(receiver)
            #expect(changes.map { $0["level"] as? String } == ["warning", "info"])
            #expect(changes.allSatisfy { $0["alert"] as? String == "response_time" })
            let begun = try #require(changes.first)
            #expect(try #require(begun["value_s"] as? Double) > 0.5)
            #expect(begun["threshold_s"] as? Double == 0.5 && begun["window_s"] as? Double == 5)
            #expect(try #require(begun["samples"] as? Int) >= 20)
        }

        @Test func `R12 forged requests make the failed validations an error, at their threshold`()
            throws
        {
            let receiver = try Receiver(["--alert-validation-failures", "0.25"])
            // A quarter is not above a quarter.
            #expect(try receiver.send(30).status == 0)
            #expect(try receiver.send(10, ["--bad-signature"]).status == 0)
            let ratio = "validation_window_failure_ratio"
            #expect(try eventually { try receiver.metrics()[ratio] == 0.25 })
            #expect(try receiver.metrics()[Self.failures] == 0)
            #expect(try receiver.send(1, ["--bad-signature"]).status == 0)
            #expect(try eventually { try receiver.metrics()[Self.failures] == 1 })
            #expect(try receiver.metrics()[Self.warning] == 0)
            #expect(receiver.stop() == 0)
            let changes = try changes(receiver)
            #expect(changes.count == 1 && changes.first?["level"] as? String == "error")
            #expect(changes.first?["samples"] as? Int == 41)
            #expect(changes.first?["value_ratio"] as? Double == 0.268293)
        }

        @Test func `R12 percentiles and ratios agree with the log of the requests`() throws {
            let receiver = try Receiver()
            #expect(try receiver.send(300, ["--duplicate"]).status == 0)
            let metrics = try {
                var metrics = try receiver.metrics()
                let isComplete = try eventually {
                    let status = try receiver.ops("/status.json").body
                    metrics = try receiver.metrics()
                    return status.contains(#""genuine_requests":600,"#)
                }
                #expect(isComplete)
                return metrics
            }()
            #expect(receiver.stop() == 0)
            let durations = try lines(receiver).filter { $0["msg"] as? String == "webhook" }
                .compactMap { $0["duration_s"] as? Double }.sorted()
            #expect(durations.count == 600)
            for (percentile, rank) in [("50", 300), ("95", 570), ("99", 594)] {
                let series = "webhook_response_window_seconds{percentile=\"\(percentile)\"}"
                let shown = try #require(metrics[series])
                // The log cuts at microseconds.
                let exact = durations[rank - 1]
                #expect(shown >= exact && shown <= (exact + 1e-6) * 17 / 16)
            }
            #expect(metrics["webhook_window_success_ratio"] == 1)
            #expect(metrics["validation_window_failure_ratio"] == 0)
        }

        @Test
        func `R16 objectives are those of the configuration, and what has no samples is absent`()
            throws
        {
            var metrics = try Receiver().metrics()
            #expect(metrics["slo_availability_objective_ratio"] == 0.999)
            #expect(metrics["slo_latency_objective_ratio"] == 0.99)
            #expect(metrics["slo_latency_threshold_seconds"] == 0.5)
            for percentile in [50, 95, 99] {
                let series = "webhook_response_window_seconds{percentile=\"\(percentile)\"}"
                #expect(metrics[series] == nil)
            }
            #expect(metrics["webhook_window_success_ratio"] == nil)
            for series in [Self.warning, Self.critical, Self.failures] {
                #expect(metrics[series] == 0)
            }
            metrics = try Receiver([
                "--slo-availability", "0.95", "--slo-latency", "0.9", "--slo-latency-threshold",
                "70ms",
            ]).metrics()
            #expect(metrics["slo_availability_objective_ratio"] == 0.95)
            #expect(metrics["slo_latency_objective_ratio"] == 0.9)
            #expect(metrics["slo_latency_threshold_seconds"] == 0.07)
            // The threshold is a bucket's bound, so that a rule can count what is within it.
            let bucket = #"webhook_receipt_duration_seconds_bucket{le="0.07"}"#
            #expect(metrics[bucket] == 0)
        }
    }
}
