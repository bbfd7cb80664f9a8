import Foundation
import TestSupport
import Testing

@testable import Prometheus

/// The rules of https://prometheus.io/docs/specs/native_histograms/.
struct NativeHistogramTests {
    private func registry(factor: Double = 1.1, bucketsMax: Int = 160) -> Registry {
        var options = RegistryOptions()
        options.nativeHistograms = NativeHistograms(factor: factor, bucketsMax: bucketsMax)
        options.exemplarsKeptMilliseconds = 0
        return Registry(shards: 2, options: options)
    }

    /// What the oracle reads from a page; it also demands that native and classic buckets agree.
    private func native(_ registry: Registry) throws -> [Substring] {
        let verdict = try ExpositionOracle.ask(
            "protobuf", [], [Exposition(registry, .protobuf).bytes])
        #expect(verdict.faults == [])
        let line = try #require(verdict.lines.last)
        return line.split(separator: " ")
    }

    @Test(arguments: [
        (1.1, 3), (1.0906, 3), (1.09, 4), (1.006, 7), (1.0001, 8), (1.2, 2), (1.5, 1), (2, 0),
        (4, -1), (1e9, -4),
    ])
    func `a factor names the coarsest schema that keeps to it`(factor: Double, schema: Int) {
        #expect(NativeHistograms(factor: factor).schema == schema)
    }

    @Test(arguments: [-4, -1, 0, 3, 5])
    func `an integer falls into the bucket that its value has`(schema: Int) {
        for unit in [HistogramUnit.seconds, .ones] {
            let buckets = NativeBuckets(schema: schema, unit: unit)
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<2000 {
                let steps =
                    UInt64.random(in: 1...Histogram.largest, using: &generator)
                    >> UInt64.random(in: 0...57, using: &generator)
                guard steps > 0 else { continue }
                let value = Double(steps) / unit.stepsPerUnit
                let expected = (log2(value) * exp2(Double(schema)) - 1e-9).rounded(.up)
                let place = buckets.edges.firstIndex { steps <= $0 } ?? 0
                #expect(buckets.indices[place] == Int(expected), "\(steps) \(unit)")
            }
            #expect(buckets.edges[0] == 0)
            #expect(buckets.edges.last ?? 0 >= Histogram.largest)
        }
    }

    @Test(.startsPrograms) func `schema, zero bucket and counts are those of the observations`()
        throws
    {
        let registry = registry()
        let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: [0.1, 1])
        for seconds in [0, 0, 0.25, 0.25, 0.26, 1, 1.0000001, 4] {
            histogram.observe(seconds: seconds, shard: seconds > 0.3 ? 1 : 0)
        }
        let words = try native(registry)
        // 0.25 is 2^-2, which ends bucket -16; 0.26 is in the next one; 1 ends bucket 0.
        #expect(
            words.suffix(7) == [
                "2", "native", "-16:2", "-15:1", "0:1", "1:1", "16:1",
            ])
        #expect(words.contains("3") && words.contains("2.93874e-39"))
    }

    @Test(.startsPrograms) func `an empty histogram is known as a native one by its threshold`()
        throws
    {
        let registry = registry()
        _ = registry.histogram("test_x_seconds", help: "X.", bounds: [0.1])
        let words = try native(registry)
        #expect(words.suffix(5) == ["threshold", "2.93874e-39", "zero", "0", "native"])
    }

    @Test(.startsPrograms)
    func `too many buckets are merged into a coarser schema, and none is lost`() throws {
        let registry = registry()
        let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: [0.1, 1])
        var observed: UInt64 = 0
        var seconds = 1e-9
        while seconds < 1e8 {
            histogram.observe(seconds: seconds, shard: 0)
            observed += 1
            seconds *= 1.05
        }
        let words = try native(registry)
        let pairs = words.drop { $0 != "native" }.dropFirst().map { $0.split(separator: ":")[1] }
        #expect(pairs.compactMap { UInt64($0) }.reduce(0, +) == observed)
        #expect(words[2] == "1", "schema \(words[2])")
        #expect(pairs.filter { $0 != "0" }.count <= 160)
        #expect(pairs.filter { $0 != "0" }.count > 80)
    }

    @Test(.startsPrograms) func `as many buckets as may be are kept, and one more is merged`()
        throws
    {
        let registry = registry(bucketsMax: 3)
        let histogram = registry.histogram("test_batch", help: "X.", bounds: [1])
        let schemas = try ([1, 10, 100, 1000] as [UInt64]).map { count in
            histogram.observe(count: count, shard: 0)
            return try native(registry)[2]
        }
        #expect(schemas.prefix(3).allSatisfy { $0 == "3" }, "\(schemas)")
        #expect(schemas[3] != "3")
    }

    @Test(.startsPrograms) func `a merged schema does not become finer again`() throws {
        let registry = registry(bucketsMax: 2)
        let histogram = registry.histogram("test_batch", help: "X.", bounds: [1])
        let pages = ([1, 2, 3, 4, 1000, 1, 1_000_000] as [UInt64]).map { count in
            histogram.observe(count: count, shard: 0)
            return Exposition(registry, .protobuf).bytes
        }
        let verdict = try ExpositionOracle.ask("protobuf", [], pages)
        #expect(verdict.faults == [])
        let schemas = verdict.lines.compactMap { line in
            line.contains(" schema ") ? Int(line.split(separator: " ")[2]) : nil
        }
        #expect(schemas.count == pages.count)
        #expect(schemas == schemas.sorted(by: >))
        #expect(schemas.first == 3)
        #expect(schemas.last ?? 3 < 0)
    }

    @Test func `classic buckets, count and sum are what they are without native ones`() {
        var texts: [String] = []
        var classic = RegistryOptions()
        classic.exemplarsKeptMilliseconds = 0
        for registry in [registry(), Registry(shards: 2, options: classic)] {
            let bounds = [0.001, 0.0025, 0.01, 0.1, 1, 15]
            let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: bounds)
            let batch = registry.histogram("test_batch", help: "B.", bounds: [1, 2, 4, 1024])
            for step in 0..<3000 as Range<UInt64> {
                histogram.observe(nanoseconds: step * step * 2500, shard: Int(step))
                batch.observe(count: step, shard: Int(step), exemplar: Exemplar(step + 1))
            }
            for bound in bounds { histogram.observe(seconds: bound, shard: 0) }
            texts.append(Exposition(registry).text)
            texts.append(Exposition(registry, .openMetrics).text)
        }
        #expect(texts[0] == texts[2])
        #expect(texts[1] == texts[3])
    }

    @Test func `a histogram with native buckets counts as one sample in protobuf`() {
        let registry = registry()
        _ = registry.histogram("test_x_seconds", help: "X.", bounds: [0.1, 1])
        #expect(Exposition(registry, .protobuf).count == 1)
        #expect(Exposition(registry, .openMetrics).count == 5)
    }
}
