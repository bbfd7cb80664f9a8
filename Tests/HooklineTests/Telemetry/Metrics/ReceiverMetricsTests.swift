import Foundation
import Prometheus
import Testing

@testable import Hookline

@Suite struct ReceiverMetricsTests {
    private func page(_ thresholds: [Double]) -> String {
        let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: thresholds)
        var page: [UInt8] = []
        metrics.registry.renderText(into: &page)
        return String(decoding: page, as: UTF8.self)
    }

    @Test func `a transaction is a batch if it has messages, and a commit in any case`() {
        let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])
        for messages in [0, 1, 2] { metrics.committed(messages: messages, nanoseconds: 2_000_000) }
        let reading = MetricsReading(
            metrics.registry,
            names: [
                "hookline_store_batch_messages_count", "hookline_store_batch_messages_sum",
                "hookline_store_operation_duration_seconds_count",
            ])
        #expect(reading.value("hookline_store_batch_messages_count") == 2)
        #expect(reading.value("hookline_store_batch_messages_sum") == 3)
        let operations = "hookline_store_operation_duration_seconds_count"
        #expect(reading.sum(operations, ["operation": "commit"]) == 3)
        #expect(reading.sum(operations, ["operation": "checkpoint"]) == 0)
    }

    @Test func `R11 R13 the threshold gauges are those of the configuration`() throws {
        var configuration = Configuration()
        configuration.alertWarning = .milliseconds(700)
        configuration.alertCritical = .seconds(4)
        configuration.alertValidationFailures = 0.1
        let registry = ReceiverMetrics(eventLoops: 1, thresholdSeconds: []).registry
        ReceiverGauges.declareThresholds(in: registry, configuration: configuration)
        let response = "hookline_alert_response_time_threshold_seconds"
        let failures = "hookline_alert_validation_failure_threshold_ratio"
        let reading = MetricsReading(registry, names: [response, failures])
        #expect(reading.sum(response, ["severity": "warning"]) == 0.7)
        #expect(reading.sum(response, ["severity": "critical"]) == 4)
        #expect(reading.sum(failures, ["severity": "error"]) == 0.1)
        #expect(reading[response].count == 2 && reading[failures].count == 1)
    }

    @Test func `a threshold that is a bound already, or above all bounds, is a bound once`() {
        let page = page([0.7, 1, 30, 60])
        for le in ["0.7", "1.0", "30.0", "60.0"] {
            for family in [
                "webhook_receipt_duration_seconds_bucket{",
                "delivery_attempt_duration_seconds_bucket{priority=\"high\",",
                "delivery_lag_seconds_bucket{priority=\"high\",",
            ] {
                let series = "\nhookline_\(family)le=\"\(le)\"} 0\n"
                #expect(page.components(separatedBy: series).count == 2)
            }
        }
    }
}
