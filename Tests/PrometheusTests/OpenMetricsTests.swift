import Testing

@testable import Prometheus

/// The rules of https://prometheus.io/docs/specs/om/open_metrics_spec/.
struct OpenMetricsTests {
    @Test func `a page is as expected to the byte`() {
        let registry = Registry(shards: 2)
        let events = registry.counter("test_events_total", help: "Events.")
        registry.counter("test_cpu_seconds_total", help: "CPU.") { 1.5 }
        let delay = registry.histograms(
            "test_delay_seconds", help: "Delay.", label: "size", Size.self, bounds: [0.1, 1])
        registry.gauge("test_heap_bytes", help: "Heap.") { 16_777_216 }
        registry.gauge("test_failure_ratio", help: "Ratio.") { 0.05 }
        registry.gauge("test_level", help: "Level.") { 2 }
        registry.info("test_build", help: "Build.", labels: [("version", "1.0"), ("tree", "a")])
        events.add(3, shard: 0, exemplar: Exemplar(1))
        delay[.small].observe(seconds: 0.1, shard: 0, exemplar: Exemplar(2))
        delay[.small].observe(nanoseconds: 7_000_000_000, shard: 1, exemplar: Exemplar(3))
        #expect(
            Exposition(registry, .openMetrics).text == """
                # TYPE test_events counter
                # HELP test_events Events.
                test_events_total 3 # {trace_id="4bf92f3577b34da60000000000000001"} 3 1700000000.250
                # TYPE test_cpu_seconds counter
                # UNIT test_cpu_seconds seconds
                # HELP test_cpu_seconds CPU.
                test_cpu_seconds_total 1.5
                # TYPE test_delay_seconds histogram
                # UNIT test_delay_seconds seconds
                # HELP test_delay_seconds Delay.
                test_delay_seconds_bucket{size="small",le="0.1"} 1 \
                # {trace_id="4bf92f3577b34da60000000000000002"} 0.1 1700000000.250
                test_delay_seconds_bucket{size="small",le="1.0"} 1
                test_delay_seconds_bucket{size="small",le="+Inf"} 2 \
                # {trace_id="4bf92f3577b34da60000000000000003"} 7 1700000000.250
                test_delay_seconds_sum{size="small"} 7.1
                test_delay_seconds_count{size="small"} 2
                test_delay_seconds_bucket{size="large",le="0.1"} 0
                test_delay_seconds_bucket{size="large",le="1.0"} 0
                test_delay_seconds_bucket{size="large",le="+Inf"} 0
                test_delay_seconds_sum{size="large"} 0
                test_delay_seconds_count{size="large"} 0
                # TYPE test_heap_bytes gauge
                # UNIT test_heap_bytes bytes
                # HELP test_heap_bytes Heap.
                test_heap_bytes 1.6777216e+07
                # TYPE test_failure_ratio gauge
                # UNIT test_failure_ratio ratio
                # HELP test_failure_ratio Ratio.
                test_failure_ratio 0.05
                # TYPE test_level gauge
                # HELP test_level Level.
                test_level 2
                # TYPE test_build info
                # HELP test_build Build.
                test_build_info{version="1.0",tree="a"} 1
                # EOF

                """)
    }

    @Test func `the content type names version 1 and its character set`() {
        #expect(
            ExpositionFormat.openMetrics.contentType
                == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }

    @Test func `a name that another family's samples have in OpenMetrics is refused`() {
        let counter = FamilyDescription(
            name: "test_events_total", help: "Events.", kind: .counter, labels: .none)
        let taken = NameRules.claims(counter)
        for name in ["test_events", "test_events_created"] {
            let gauge = FamilyDescription(name: name, help: "X.", kind: .gauge, labels: .none)
            let fault = NameRules.fault(
                in: Family(description: gauge, values: .one), taken: taken)
            #expect(fault == .taken || fault == .reservedSuffix)
        }
    }

    /// A server stores each of them as one more series.
    @Test func `creation times are there only when asked for`() {
        #expect(!Exposition(TextFormatTests.everything(), .openMetrics).text.contains("_created"))
        var options = RegistryOptions()
        options.createdMilliseconds = 1_700_000_000_007
        let registry = Registry(shards: 1, options: options)
        _ = registry.counter("test_events_total", help: "Events.")
        _ = registry.histogram("test_delay_seconds", help: "Delay.", bounds: [1])
        registry.gauge("test_level", help: "Level.") { 1 }
        let page = Exposition(registry, .openMetrics)
        #expect(page.value("test_events_created") == "1700000000.007")
        #expect(page.value("test_delay_seconds_created") == "1700000000.007")
        #expect(page.samples.count == 2 + 5 + 1)
        #expect(page.count == page.samples.count)
        #expect(!Exposition(registry, .text).text.contains("_created"))
    }

    @Test func `a help text escapes its quotes too`() {
        let registry = Registry(shards: 1)
        registry.gauge("test_level", help: "A \"quoted\" C:\\path\nand é.") { 1 }
        let line = Exposition(registry, .openMetrics).lines[1]
        #expect(line == #"# HELP test_level A \"quoted\" C:\\path\nand é."#)
    }

    @Test func `names are ASCII words, which every escaping leaves as they are`() {
        let names = Exposition(TextFormatTests.everything(), .openMetrics).lines
            .filter { $0.hasPrefix("# TYPE") }.map { $0.split(separator: " ")[2] }
        #expect(names.count > 10)
        #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil })
    }

    @Test func `a counter that is read as negative or as no number is left out`() {
        let registry = Registry(shards: 1)
        registry.counter("test_first_total", help: "A.") { -1 }
        registry.counter("test_second_total", help: "B.") { .nan }
        registry.counter("test_third_total", help: "C.") { .infinity }
        registry.counter("test_fourth_total", help: "D.") { 0 }
        for format in ExpositionFormat.allCases {
            #expect(Exposition(registry, format).count == 1)
        }
    }

    @Test func `both text formats have the same series with the same bounds`() {
        let registry = TextFormatTests.everything()
        let series = [ExpositionFormat.text, .openMetrics].map { format in
            Exposition(registry, format).samples.map { $0.prefix { $0 != " " } }
        }
        #expect(series[0] == series[1])
    }

    @Test(arguments: ExpositionFormat.allCases)
    func `the sample count stands last and is the number of samples`(format: ExpositionFormat) {
        let registry = Registry(shards: 1)
        registry.sampleCount("test_series", help: "Series.")
        _ = registry.counters("test_events_total", help: "E.", label: "size", Size.self)
        _ = registry.histogram("test_delay_seconds", help: "D.", bounds: [1, 2])
        registry.gauge("test_unset", help: "U.").set(nil)
        let page = Exposition(registry, format)
        #expect(page.count == 2 + 5 + 1)
        guard format != .protobuf else { return }
        #expect(page.samples.last == "test_series 8")
        #expect(page.samples.count == 8)
    }
}
