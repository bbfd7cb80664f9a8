import AllocationCount
import Deflate
import Prometheus

/// Uses every instrument and renders every format after a warm-up, and prints for each how often
/// the thread allocated meanwhile: `name count`, one a line.
@main struct InstrumentProbe {
    enum Colour: String, LabelValue {
        case red, green, blue
    }

    static func main() throws {
        var options = RegistryOptions()
        options.nativeHistograms = NativeHistograms(factor: 1.1)
        options.createdMilliseconds = 1_700_000_000_000
        let registry = Registry(shards: 2, options: options)
        let instruments = Instruments(registry)
        count("control") { sink.append([UInt8](repeating: 0, count: 1 + sink.count)) }
        count("updates") { instruments.update() }
        var page = ExpositionPage()
        for format in ExpositionFormat.allCases {
            count(format.rawValue) {
                instruments.update()
                registry.render(format, into: &page)
            }
        }
        let encoder = try GzipEncoder(level: 1)
        var compressed: [UInt8] = []
        var isGood = true
        count("gzip") {
            do throws(DeflateError) {
                try encoder.encode(page.bytes, into: &compressed)
            } catch {
                isGood = false
            }
        }
        print("failed \(isGood ? 0 : 1)")
    }

    /// Keeps what the control allocates.
    @MainActor static var sink: [[UInt8]] = []

    private static func count(_ name: String, _ body: () -> Void) {
        // Twice: buffers grow in the first round, and generic code is made ready.
        body()
        body()
        let before = hookline_allocations()
        for _ in 0..<100 { body() }
        let after = hookline_allocations()
        print(name, after - before)
    }
}

/// One of every kind.
struct Instruments {
    private let counter: Counter
    private let counters: Counters<InstrumentProbe.Colour>
    private let pairs: Counters2<InstrumentProbe.Colour, InstrumentProbe.Colour>
    private let gauge: Gauge
    private let histogram: Histogram
    private let histograms: Histograms<InstrumentProbe.Colour>
    private let batch: Histogram
    private let colours = InstrumentProbe.Colour.allCases
    private let exemplar = Exemplar(traceHigh: 1, traceLow: 2, unixMilliseconds: 1_700_000_000_000)

    init(_ registry: Registry) {
        ProcessMetrics.register(in: registry)
        counter = registry.counter("probe_events_total", help: "Events.")
        counters = registry.counters(
            "probe_colours_total", help: "Colours.", label: "colour", InstrumentProbe.Colour.self)
        pairs = registry.counters(
            "probe_pairs_total", help: "Pairs.", labels: ("first", "second"),
            InstrumentProbe.Colour.self, InstrumentProbe.Colour.self)
        gauge = registry.gauge("probe_level", help: "Level.")
        histogram = registry.histogram(
            "probe_delay_seconds", help: "Delay.", bounds: [0.001, 0.01, 0.1, 1])
        histograms = registry.histograms(
            "probe_lag_seconds", help: "Lag.", label: "colour", InstrumentProbe.Colour.self,
            bounds: [0.001, 0.01, 0.1, 1, 86_400])
        batch = registry.histogram("probe_batch_messages", help: "Batch.", bounds: [1, 2, 4])
        registry.gauge("probe_read", help: "Read.") { 0.1 + 0.2 }
        registry.info("probe_build", help: "Build.", labels: [("version", "1.0")])
        registry.sampleCount("probe_samples", help: "Samples.")
    }

    func update() {
        counter.add(shard: 0)
        counter.add(7, shard: 1, exemplar: exemplar)
        for colour in colours {
            counters[colour].add(shard: 0)
            pairs[colour, .red].add(shard: 1)
            histograms[colour].observe(nanoseconds: 123_456_789, shard: 1, exemplar: exemplar)
        }
        gauge.set(1_234_567.25)
        histogram.observe(seconds: 0.5, shard: 0)
        batch.observe(count: 3, shard: 0, exemplar: exemplar)
    }
}
