import TestSupport
import Testing

@testable import Prometheus

/// A real Prometheus as the reader of every format.
struct PrometheusServerTests {
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

    @Test(arguments: [
        (ExpositionFormat.text, []), (.openMetrics, ["exemplar-storage", "native-histograms"]),
        (.protobuf, ["native-histograms", "exemplar-storage"]),
    ])
    func `E1 O1 O9 NH1 a server reads a page whole, and stores an exemplar once`(
        format: ExpositionFormat, features: [String]
    ) throws {
        let registry = registry()
        let expected = Exposition(registry, format).count
        let target = try target(registry, format)
        let server = try PrometheusServer(scraping: target.port, features: features)
        let isUp = try eventually { try server.value("up") == 1 }
        #expect(isUp, "\(server.complaints)")
        // Several scrapes, so that what is stored anew each time would show.
        #expect(eventually { target.requests.count >= 4 })
        #expect(try server.value("scrape_samples_scraped") == Double(expected))
        #expect(try server.value("scrape_samples_post_metric_relabeling") == Double(expected))
        #expect(server.complaints == [])
        #expect(try server.value("test_events_total") == 820)
        #expect(try server.value("test_build_info") == 1)
        if format == .protobuf {
            #expect(try server.value("histogram_count(test_lag_seconds)") == 40)
            let median = try #require(
                try server.value("histogram_quantile(0.5, test_lag_seconds)"))
            #expect(median > 360 && median < 400 * 1.1)
            #expect(try server.query("test_lag_seconds_count")?.count == 0)
        } else {
            #expect(try server.value("test_lag_seconds_count") == 40)
            #expect(try server.value(#"test_lag_seconds_bucket{le="1.0"}"#) == 1)
        }
        if features.contains("exemplar-storage") {
            let stored = try server.exemplars("{job=\"hookline\"}")
            let exposed = Exposition(registry, .openMetrics).samples.count { $0.contains("#") }
            // A native histogram is one series, which has one exemplar at a time.
            #expect(stored.count == (format == .protobuf ? 3 : exposed))
            #expect(Set(stored).count == stored.count)
        }
    }

    @Test
    func `NH1 a server without the feature refuses native buckets, so they are not sent unasked`()
        throws
    {
        let target = try target(registry(), .protobuf)
        let server = try PrometheusServer(scraping: target.port)
        #expect(try eventually { try server.value("up") == 0 })
    }
}
