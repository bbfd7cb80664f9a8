import Prometheus
import Synchronization
import Deflate

/// The instruments that are measured, one of each kind, and how each is used.
final class Instruments: Sendable {
    enum Colour: String, LabelValue {
        case red, green, blue
    }

    /// An atomic of its own for each of two threads, 128 bytes apart.
    private let first = Padded()
    private let second = Padded()
    private let shared = Padded()
    private let counter: Counter
    private let labelled: Counters2<Colour, Colour>
    private let histogram: Histogram
    private let histograms: Histograms2<Colour, Colour>
    private let latencies: [UInt64]

    struct Padded: ~Copyable {
        let value = Atomic<UInt64>(0)
        let padding = InlineArray<15, UInt64>(repeating: 0)
    }

    init() {
        let registry = Registry(shards: 2)
        let bounds = [
            0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15,
        ]
        counter = registry.counter("bench_events_total", help: "Events.")
        labelled = registry.counters(
            "bench_pairs_total", help: "Pairs.", labels: ("first", "second"), Colour.self,
            Colour.self)
        histogram = registry.histogram("bench_delay_seconds", help: "Delay.", bounds: bounds)
        histograms = registry.histograms(
            "bench_lag_seconds", help: "Lag.", labels: ("first", "second"), Colour.self,
            Colour.self, bounds: bounds)
        // From a quarter of a millisecond to 4 s, most of them a few milliseconds.
        var state: UInt64 = 1
        latencies = (0..<1024).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return 250_000 << min((state >> 33) % 8, (state >> 43) % 15)
        }
    }

    /// Uses one instrument so many times, with `work` rounds of work before each; nil if the name
    /// is not known.
    func use(_ name: Substring, count: Int, work: Int, thread: Int) -> UInt64? {
        switch name {
        case "nothing": return loop(count, work) { _ in }
        case "atomic":
            return thread == 0
                ? loop(count, work) { _ in first.value.wrappingAdd(1, ordering: .relaxed) }
                : loop(count, work) { _ in second.value.wrappingAdd(1, ordering: .relaxed) }
        case "shared-atomic":
            return loop(count, work) { _ in shared.value.wrappingAdd(1, ordering: .relaxed) }
        case "increment": return loop(count, work) { _ in counter.add(shard: thread) }
        case "labelled-increment":
            return loop(count, work) { step in
                labelled[.green, step & 1 == 0 ? .red : .blue].add(shard: thread)
            }
        case "observe":
            return loop(count, work) { step in
                histogram.observe(nanoseconds: latencies[step & 1023], shard: thread)
            }
        case "labelled-observe":
            return loop(count, work) { step in
                histograms[.green, step & 1 == 0 ? .red : .blue].observe(
                    nanoseconds: latencies[step & 1023], shard: thread)
            }
        case "exemplar":
            return loop(count, work) { step in
                histogram.observe(
                    nanoseconds: latencies[step & 1023], shard: thread,
                    exemplar: Exemplar(
                        traceHigh: 1, traceLow: UInt64(step) + 1,
                        unixMilliseconds: 1_700_000_000_000 + Int64(step) / 50_000))
            }
        default: return nil
        }
    }

    /// Returns what the work computed, so that it is not optimised away.
    @inline(__always) private func loop(
        _ count: Int, _ work: Int, _ body: (Int) -> Void
    ) -> UInt64 {
        var state: UInt64 = 1
        for step in 0..<count {
            for _ in 0..<work { state = state &* 6_364_136_223_846_793_005 &+ 1 }
            body(step)
        }
        return state
    }
}

/// A page of 1,000 counters and 100 histograms of 11 bounds: 2,400 series, of which a tenth counts.
final class Pages {
    private let registry = Registry(shards: 2)
    private var page = ExpositionPage()
    private var compressed: [UInt8] = []
    private let encoder: GzipEncoder

    init() throws {
        encoder = try GzipEncoder(level: 1)
        for number in 0..<1000 {
            let counter = registry.counter("bench_series\(number)_events_total", help: "Events.")
            counter.add(UInt64(number) * 7919, shard: 0)
        }
        let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
        let histograms = (0..<100).map { number in
            registry.histogram(
                "bench_delay\(number)_seconds", help: "Delay.", bounds: bounds + [10])
        }
        for (number, histogram) in histograms.enumerated() where number % 10 == 0 {
            for step in 1...100 { histogram.observe(seconds: Double(step) / 31, shard: step) }
        }
    }

    /// Renders so many pages; nil if the name is not known.
    func render(_ name: Substring, count: Int) throws -> UInt64? {
        let format = ExpositionFormat(rawValue: String(name.dropFirst("render-".count)))
        guard format != nil || name == "render-gzip" else { return nil }
        for _ in 0..<count {
            registry.render(format ?? .text, into: &page)
            if format == nil { try encoder.encode(page.bytes, into: &compressed) }
        }
        return UInt64(page.bytes.count)
    }
}
