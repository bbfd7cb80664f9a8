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
