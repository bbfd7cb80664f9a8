import Testing

@testable import Prometheus

/// The rules of https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4.
struct TextFormatTests {
    @Test func `an exposition is as expected to the byte`() {
        let registry = Registry(shards: 2)
        let events = registry.counter("test_events_total", help: "Events.")
        let paints = registry.counters(
            "test_paints_total", help: "Paints.", labels: ("colour", "size"), Colour.self,
            Size.self)
        let delay = registry.histograms(
            "test_delay_seconds", help: "Delay.", label: "size", Size.self, bounds: [0.1, 1])
        registry.gauge("test_level", help: "Level.") { 2.5 }
        registry.info("test_build", help: "Build.", labels: [("version", "1.0"), ("tree", "a")])
        events.add(3, shard: 0)
        events.add(4, shard: 1)
        paints[.green, .large].add(shard: 0)
        delay[.small].observe(seconds: 0.1, shard: 0)
        delay[.small].observe(seconds: 0.25, shard: 1)
        delay[.small].observe(nanoseconds: 7_000_000_000, shard: 1)
        #expect(
            Exposition(registry).text == """
                # HELP test_events_total Events.
                # TYPE test_events_total counter
                test_events_total 7
                # HELP test_paints_total Paints.
                # TYPE test_paints_total counter
                test_paints_total{colour="red",size="small"} 0
                test_paints_total{colour="red",size="large"} 0
                test_paints_total{colour="green",size="small"} 0
                test_paints_total{colour="green",size="large"} 1
                test_paints_total{colour="blue",size="small"} 0
                test_paints_total{colour="blue",size="large"} 0
                # HELP test_delay_seconds Delay.
                # TYPE test_delay_seconds histogram
                test_delay_seconds_bucket{size="small",le="0.1"} 1
                test_delay_seconds_bucket{size="small",le="1.0"} 2
                test_delay_seconds_bucket{size="small",le="+Inf"} 3
                test_delay_seconds_sum{size="small"} 7.35
                test_delay_seconds_count{size="small"} 3
                test_delay_seconds_bucket{size="large",le="0.1"} 0
                test_delay_seconds_bucket{size="large",le="1.0"} 0
                test_delay_seconds_bucket{size="large",le="+Inf"} 0
                test_delay_seconds_sum{size="large"} 0
                test_delay_seconds_count{size="large"} 0
                # HELP test_level Level.
                # TYPE test_level gauge
                test_level 2.5
                # HELP test_build_info Build.
                # TYPE test_build_info gauge
                test_build_info{version="1.0",tree="a"} 1

                """)
    }

    @Test func `the content type names version and character set`() {
        #expect(TextFormat.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test func `every line ends with a line feed`() {
        let text = Exposition(Self.everything()).text
        #expect(text.utf8.last == UInt8(ascii: "\n"))
        #expect(!text.utf8.contains(UInt8(ascii: "\r")))
        #expect(!text.contains("\n\n"))
    }

    @Test func `a help text escapes backslash and line feed and nothing else`() {
        let registry = Registry(shards: 1)
        registry.gauge("test_level", help: "A \"quoted\" C:\\path\nand é.") { 1 }
        let line = Exposition(registry).lines.first
        #expect(line == #"# HELP test_level A "quoted" C:\\path\nand é."#)
    }

    @Test func `a label value escapes backslash and quote and line feed`() {
        let registry = Registry(shards: 1)
        registry.info("test_build", help: "Build.", labels: [("path", "a\"b\\c\r\nd é")])
        let line = Exposition(registry).text.split(separator: "\n").last
        #expect(line == "test_build_info{path=\"a\\\"b\\\\c\r\\nd é\"} 1")
    }

    @Test func `each family has one help and one type before its samples`() {
        var seen: Set<Substring> = []
        var current: Substring = ""
        var announced: Substring = ""
        for line in Exposition(Self.everything()).lines {
            let words = line.split(separator: " ")
            if words[1] == "HELP" {
                announced = words[2]
                #expect(seen.insert(announced).inserted)
            } else if words[1] == "TYPE" {
                #expect(words[2] == announced)
                current = announced
            } else {
                #expect(line.hasPrefix(current))
            }
        }
    }

    @Test func `no series comes twice`() {
        let series = Exposition(Self.everything()).samples.map { $0.split(separator: " ")[0] }
        #expect(series.count > 20)
        #expect(Set(series).count == series.count)
    }

    /// Prometheus refuses a whole page of this format for one exemplar.
    @Test func `no exemplar and only types of the text format`() {
        let exposition = Exposition(Self.everything())
        #expect(exposition.samples.allSatisfy { !$0.contains("#") })
        let types = exposition.lines.filter { $0.hasPrefix("# TYPE") }
            .compactMap { $0.split(separator: " ").last }
        #expect(Set(types) == ["counter", "gauge", "histogram"])
    }

    /// Prometheus 3 makes `1.0` of a bound `1`, Prometheus 2 does not: a rule would have to know
    /// which (https://prometheus.io/docs/prometheus/latest/migration/).
    @Test func `no bound is a bare integer`() {
        let registry = Registry(shards: 1)
        _ = registry.histogram("test_batch", help: "Batch.", bounds: [1, 2, 1024, 1_048_576])
        let bounds = Exposition(registry).samples.compactMap { line in
            line.split(separator: "\"").dropFirst().first
        }
        #expect(bounds == ["1.0", "2.0", "1024.0", "1.048576e+06", "+Inf"])
    }

    @Test func `no sample has a timestamp`() {
        let samples = Exposition(Self.everything()).samples
        #expect(samples.allSatisfy { $0.split(separator: " ").count == 2 })
    }

    @Test func `families come in the order of registration`() {
        let registry = Registry(shards: 1)
        let names = ["test_zebra", "test_ant", "test_cow"]
        for name in names { registry.gauge(name, help: "Animal.") { 1 } }
        #expect(Exposition(registry).samples.map { $0.dropLast(2) } == names.map { $0[...] })
    }

    /// A registry with every kind of metric in it.
    static func everything(_ options: RegistryOptions = RegistryOptions()) -> Registry {
        let registry = Registry(shards: 4, options: options)
        ProcessMetrics.register(in: registry)
        let events = registry.counter("test_events_total", help: "Events.")
        registry.counter("test_cpu_seconds_total", help: "A counter from elsewhere.") { 1.5 }
        _ = registry.counters("test_a_total", help: "A.", label: "colour", Colour.self)
        _ = registry.counters(
            "test_ab_total", help: "A\\B.", labels: ("colour", "size"), Colour.self, Size.self)
        let lag = registry.histogram("test_lag_seconds", help: "Lag.", bounds: [0.001, 1, 86_400])
        _ = registry.histograms(
            "test_batch_messages", help: "Batch.", label: "size", Size.self, bounds: [1, 1024])
        let mix = registry.histograms2ForTests()
        for number in 1...40 as ClosedRange<UInt64> {
            events.add(number, shard: Int(number), exemplar: Exemplar(number))
            lag.observe(
                nanoseconds: number * number * 1_000_000_000, shard: Int(number),
                exemplar: Exemplar(number))
            mix[.green, .small].observe(
                seconds: Double(number) / 32, shard: 0, exemplar: Exemplar(number))
        }
        registry.gauge("test_level", help: "A \"level\".").set(-1e-9)
        registry.gauge("test_odd", help: "Not a number.").set(.nan)
        registry.gauge("test_unset", help: "Never set.").set(nil)
        registry.gauges("test_one", help: "One.", label: "only", Only.self) { _ in .infinity }
        registry.gauges(
            "test_two", help: "Two.", labels: ("colour", "size"), Colour.self, Size.self
        ) { _, _ in 0 }
        registry.gauges(
            "test_three", help: "Three.", labels: ("colour", "size", "only"), Colour.self,
            Size.self, Only.self
        ) { colour, _, _ in colour == .red ? nil : 1 }
        registry.info("test_build", help: "Build.", labels: [("version", "1\"2\\3\n4")])
        registry.sampleCount("test_series", help: "Series.")
        return registry
    }
}

extension Registry {
    /// A histogram with two labels.
    func histograms2ForTests() -> Histograms2<Colour, Size> {
        histograms(
            "test_mix_seconds", help: "Mix.", labels: ("colour", "size"), Colour.self, Size.self,
            bounds: [0.5, 1])
    }
}
