import Synchronization
import Testing

@testable import Prometheus

/// The rules of https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars.
struct ExemplarTests {
    private func registry(keptMilliseconds: Int64) -> Registry {
        var options = RegistryOptions()
        options.exemplarsKeptMilliseconds = keptMilliseconds
        return Registry(shards: 2, options: options)
    }

    /// The exemplars of a page: what follows the number sign.
    private func exemplars(_ registry: Registry) -> [Substring] {
        Exposition(registry, .openMetrics).samples.compactMap { line in
            line.contains("#") ? line.split(separator: "# ")[1] : nil
        }
    }

    @Test func `a trace id is 16 bytes, most significant first`() {
        let bytes = (1...16).map { UInt8($0) }
        let exemplar = Exemplar(traceID: bytes, unixMilliseconds: 1)
        #expect(exemplar?.traceHigh == 0x0102_0304_0506_0708)
        #expect(exemplar?.traceLow == 0x090a_0b0c_0d0e_0f10)
        #expect(Exemplar(traceID: bytes.dropLast(), unixMilliseconds: 1) == nil)
        #expect(Exemplar(traceID: bytes + [0], unixMilliseconds: 1) == nil)
        var out: [UInt8] = []
        exemplar?.appendTraceID(to: &out)
        #expect(String(decoding: out, as: UTF8.self) == "0102030405060708090a0b0c0d0e0f10")
    }

    @Test func `an exemplar is at its own bucket and has at most 128 code points`() {
        let registry = registry(keptMilliseconds: 0)
        let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: [0.001, 0.1, 1])
        let observations: [UInt64] = [0, 1_000_000, 1_000_001, 100_000_000, 1_000_000_001]
        for (number, nanoseconds) in observations.enumerated() {
            histogram.observe(
                nanoseconds: nanoseconds, shard: 0, exemplar: Exemplar(UInt64(number + 1)))
        }
        let lines = Exposition(registry, .openMetrics).samples
        #expect(lines[0].contains(" 2 # {") && lines[0].contains("0002\"} 0.001 "))
        #expect(lines[1].contains(" 4 # {") && lines[1].contains("0004\"} 0.1 "))
        #expect(lines[2] == "test_x_seconds_bucket{le=\"1.0\"} 4")
        #expect(lines[3].contains(" 5 # {") && lines[3].contains("0005\"} 1.000000001 "))
        for exemplar in exemplars(registry) {
            let labels = exemplar.prefix { $0 != "}" }.filter { !"{=\"".contains($0) }
            #expect(labels.count == "trace_id".count + 32)
        }
    }

    @Test func `a bound is a whole number of nanoseconds, so that its exemplar lies below it`() {
        let registry = registry(keptMilliseconds: 0)
        let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: [0.000_000_001_5])
        histogram.observe(nanoseconds: 2, shard: 0, exemplar: Exemplar(1))
        let line = Exposition(registry, .openMetrics).samples[0]
        #expect(line.hasPrefix("test_x_seconds_bucket{le=\"2e-09\"} 1 # {"))
        #expect(line.contains("} 2e-09 "))
    }

    /// Prometheus stores an exemplar again at every scrape at which its time has changed.
    @Test func `an exemplar keeps its own time from scrape to scrape`() {
        let registry = registry(keptMilliseconds: 1000)
        let counter = registry.counter("test_x_total", help: "X.")
        counter.add(shard: 0, exemplar: Exemplar(1))
        let first = exemplars(registry)
        #expect(first == [#"{trace_id="4bf92f3577b34da60000000000000001"} 1 1700000000.250"#])
        counter.add(shard: 0)
        #expect(exemplars(registry) == first)
    }

    @Test func `an exemplar is kept for a second, or until the clock steps back`() {
        let registry = registry(keptMilliseconds: 1000)
        let counter = registry.counter("test_x_total", help: "X.")
        let kept: [(number: UInt64, second: Int64, stays: UInt64)] = [
            (1, 100, 1), (2, 100, 1), (3, 101, 3), (4, 99, 4), (5, 99, 4), (6, 105, 6),
        ]
        for (number, second, stays) in kept {
            counter.add(shard: 0, exemplar: Exemplar(number, at: second))
            #expect(exemplars(registry)[0].contains("000\(stays)\"}"))
        }
        #expect(counter.value == 6)
        #expect(registry.droppedExemplars == 0)
    }

    @Test
    func `an exemplar without a trace id or a time is dropped and counted, not its sample`() {
        let registry = registry(keptMilliseconds: 0)
        let counter = registry.counter("test_x_total", help: "X.")
        let batch = registry.histogram("test_batch", help: "B.", bounds: [1])
        counter.add(
            shard: 0, exemplar: Exemplar(traceHigh: 0, traceLow: 0, unixMilliseconds: 1))
        batch.observe(
            count: 1, shard: 0, exemplar: Exemplar(traceHigh: 1, traceLow: 1, unixMilliseconds: 0))
        #expect(exemplars(registry) == [])
        #expect(registry.droppedExemplars == 2)
        #expect(counter.value == 1)
        #expect(Exposition(registry).value("test_batch_count") == "1")
    }

    @Test func `an exemplar is never a mixture of two, and one that is dropped is counted`() {
        let block = CellBlock(cellsPerShard: 1, shards: 1, shared: ExemplarCells.cells(places: 1))
        let cells = ExemplarCells(block, places: 1, keptMilliseconds: 0)
        let each: UInt64 = 200_000
        let running = Atomic(2)
        let threads = (0..<2 as Range<UInt64>).map { thread in
            BackgroundThread {
                for number in 1...each {
                    let value = number * 2 + thread
                    cells.store(
                        Exemplar(
                            traceHigh: value, traceLow: ~value, unixMilliseconds: Int64(value)),
                        value: value, at: 0)
                }
                running.subtract(1, ordering: .releasing)
            }
        }
        var reads = 0
        var mixtures = 0
        var unread = 0
        while running.load(ordering: .acquiring) > 0 || reads == 0 {
            guard let (exemplar, value) = cells.load(at: 0) else {
                unread += 1
                continue
            }
            let isWhole =
                exemplar.traceHigh == value && exemplar.traceLow == ~value
                && exemplar.unixMilliseconds == Int64(value)
            if !isWhole { mixtures += 1 }
            reads += 1
        }
        for thread in threads { thread.join() }
        #expect(mixtures == 0)
        #expect(reads > 0)
        // The version says how many were stored.
        let stored = block.shared.pointer[1].load(ordering: .relaxed) / 2
        #expect(stored + cells.dropped == 2 * each)
    }

    @Test func `a thread that stands still while it stores hides no exemplar`() {
        let block = CellBlock(cellsPerShard: 1, shards: 1, shared: ExemplarCells.cells(places: 1))
        let cells = ExemplarCells(block, places: 1, keptMilliseconds: 0)
        cells.store(Exemplar(7), value: 3, at: 0)
        // As the exchange leaves it that begins the next one.
        block.shared.pointer[1].wrappingAdd(1, ordering: .relaxed)
        #expect(cells.load(at: 0)?.exemplar == Exemplar(7))
        cells.store(Exemplar(8), value: 4, at: 0)
        #expect(cells.load(at: 0)?.exemplar == Exemplar(7))
        #expect(cells.dropped == 1)
    }
}
