import TestSupport
import Testing

@testable import Prometheus

/// A real Prometheus as the reader of every format.
@Suite(.startsPrograms) struct PrometheusServerTests {
    /// Serves a registry in one format, whatever is asked for.
    private func target(_ registry: Registry, _ format: ExpositionFormat) throws -> LoopbackServer {
        try LoopbackServer { _, connection in
            let page = Exposition(registry, format)
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: \(format.contentType)\r\n"
                + "Content-Length: \(page.bytes.count)\r\n\r\n"
            return connection.send(Array(head.utf8) + page.bytes)
        }
    }

    private func registry() -> Registry {
        var options = RegistryOptions()
        options.nativeHistograms = NativeHistograms(factor: 1.1)
        return TextFormatTests.everything(options)
    }

    /// What every server says of a page that it has read whole.
    private func expectRead(
        _ server: PrometheusServer, _ format: ExpositionFormat, _ registry: Registry
    ) throws {
        let job = format.rawValue
        let of = "{job=\"\(job)\"}"
        #expect(
            try eventually { try server.value("up\(of)") == 1 }, "\(server.complaints(of: job))")
        let expected = Double(Exposition(registry, format).count)
        #expect(try server.value("scrape_samples_scraped\(of)") == expected)
        #expect(try server.value("scrape_samples_post_metric_relabeling\(of)") == expected)
        #expect(try server.value("test_events_total\(of)") == 820)
        #expect(try server.value("test_build_info\(of)") == 1)
        #expect(server.complaints(of: job) == [])
        guard format != .protobuf else { return }
        #expect(try server.value("test_lag_seconds_count\(of)") == 40)
        #expect(try server.value("test_lag_seconds_bucket{job=\"\(job)\",le=\"1.0\"}") == 1)
    }

    @Test func `a server reads both texts, and refuses native buckets unless told to`()
        throws
    {
        let registry = registry()
        let targets = try ExpositionFormat.allCases.map { ($0, try target(registry, $0)) }
        let server = try PrometheusServer(
            scraping: Dictionary(
                uniqueKeysWithValues: targets.map { ($0.rawValue, $1.port) }))
        try expectRead(server, .text, registry)
        try expectRead(server, .openMetrics, registry)
        // So they must not be sent to a server that has not asked for them.
        #expect(try eventually { try server.value("up{job=\"protobuf\"}") == 0 })
    }

    @Test func `a server reads native buckets, and stores an exemplar once`() throws {
        let registry = registry()
        let texts = try target(registry, .openMetrics)
        let messages = try target(registry, .protobuf)
        let server = try PrometheusServer(
            scraping: ["openmetrics": texts.port, "protobuf": messages.port],
            features: ["native-histograms", "exemplar-storage"])
        try expectRead(server, .openMetrics, registry)
        try expectRead(server, .protobuf, registry)
        // Several scrapes, so that what is stored anew each time would show.
        #expect(eventually { texts.requests.count >= 4 && messages.requests.count >= 4 })
        let lag = "test_lag_seconds{job=\"protobuf\"}"
        #expect(try server.value("histogram_count(\(lag))") == 40)
        let median = try #require(try server.value("histogram_quantile(0.5, \(lag))"))
        #expect(median > 360 && median < 400 * 1.1)
        #expect(try server.query("test_lag_seconds_count{job=\"protobuf\"}")?.count == 0)
        let stored = try server.exemplars("{job=\"openmetrics\"}")
        #expect(
            stored.count == Exposition(registry, .openMetrics).samples.count { $0.contains("#") })
        #expect(Set(stored).count == stored.count)
        // A native histogram is one series, which has one exemplar at a time.
        #expect(try server.exemplars("{job=\"protobuf\"}").count == 3)
    }
}
