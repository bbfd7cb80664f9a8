import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Prometheus

/// Two threads observe while every format is scraped, for `HOOKLINE_TORTURE_SECONDS` (2).
struct ConsistencyTests {
    private static let seconds =
        ProcessInfo.processInfo.environment["HOOKLINE_TORTURE_SECONDS"].flatMap { Double($0) } ?? 2

    /// Threads that use two histograms and a counter until they are told to stop.
    private final class Updaters: Sendable {
        private let isStopping = Atomic<Bool>(false)
        private let updates = Atomic<UInt64>(0)
        private let threads = Mutex<[BackgroundThread]>([])

        init(_ registry: Registry) {
            let bounds = [0.001, 0.0025, 0.1, 1.0]
            let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: bounds)
            let batch = registry.histogram("test_batch", help: "B.", bounds: [1, 2, 4])
            let counter = registry.counter("test_events_total", help: "Events.")
            let started = (0..<2).map { thread in
                BackgroundThread {
                    var step: UInt64 = 0
                    while !self.isStopping.load(ordering: .relaxed) {
                        // Both threads also meet in one shard.
                        let shard = step % 4 == 0 ? 0 : thread
                        let exemplar = Exemplar(step + 1, at: 1_700_000_000 + Int64(step))
                        histogram.observe(
                            nanoseconds: step % 200 * 10_000_000, shard: shard, exemplar: exemplar)
                        batch.observe(count: 1, shard: shard)
                        counter.add(shard: shard, exemplar: exemplar)
                        step += 1
                    }
                    self.updates.add(step, ordering: .releasing)
                }
            }
            threads.withLock { $0 = started }
        }

        /// Stops them and returns how often each instrument was used.
        func stop() -> UInt64 {
            isStopping.store(true, ordering: .relaxed)
            for thread in threads.withLock({ $0 }) { thread.join() }
            return updates.load(ordering: .acquiring)
        }
    }

    /// The counts of one scrape, and whether they agree with each other.
    private struct Counts {
        var buckets: [UInt64] = []
        var isConsistent = true
        var sum: UInt64 = 0
        var events: UInt64 = 0

        init(_ text: [Substring]) {
            for line in text where !line.hasPrefix("#") {
                let words = line.split(separator: " ", maxSplits: 2)
                let value = UInt64(words[1]) ?? 0
                if words[0].hasPrefix("test_x_seconds_bucket") {
                    if value < buckets.last ?? 0 { isConsistent = false }
                    buckets.append(value)
                } else if words[0] == "test_x_seconds_count" {
                    if value != buckets.last { isConsistent = false }
                } else if words[0] == "test_batch_sum" {
                    sum = Double(words[1]).map { UInt64($0) } ?? 0
                } else if words[0] == "test_batch_count" {
                    // Each observation is 1: none is in the sum that is not counted.
                    if sum > value { isConsistent = false }
                } else if words[0] == "test_events_total" {
                    events = value
                }
            }
        }
    }

    @Test(.startsPrograms, arguments: [false, true])
    func `each scrape agrees with itself and none goes back, and at rest all is exact`(
        native: Bool
    ) throws {
        var options = RegistryOptions()
        options.exemplarsKeptMilliseconds = 0
        if native { options.nativeHistograms = NativeHistograms(factor: 1.1) }
        let registry = Registry(shards: 2, options: options)
        let updaters = Updaters(registry)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Self.seconds / 2)
        var last = Counts([])
        var faults = 0
        var scrapes = 0
        var messages: [[UInt8]] = []
        while clock.now < end || scrapes < 3 {
            let format = scrapes % 2 == 0 ? ExpositionFormat.text : .openMetrics
            let counts = Counts(Exposition(registry, format).lines)
            if !counts.isConsistent || counts.buckets.count != 5 { faults += 1 }
            if zip(last.buckets, counts.buckets).contains(where: { $0 > $1 }) { faults += 1 }
            if last.events > counts.events || last.sum > counts.sum { faults += 1 }
            last = counts
            if messages.count < 100 { messages.append(Exposition(registry, .protobuf).bytes) }
            scrapes += 1
        }
        let updates = updaters.stop()
        #expect(faults == 0)
        #expect(scrapes >= 3)
        let verdict = try ExpositionOracle.ask("protobuf", [], messages)
        #expect(verdict.faults == [])
        let rest = Exposition(registry)
        #expect(rest.value("test_events_total") == "\(updates)")
        #expect(rest.value("test_x_seconds_count") == "\(updates)")
        #expect(rest.value("test_batch_count") == "\(updates)")
        let page = Exposition(registry, .openMetrics).bytes
        #expect(try ExpositionOracle.check("openmetrics", page).faults == [])
    }
}
