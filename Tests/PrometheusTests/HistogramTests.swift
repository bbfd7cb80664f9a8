import Testing

@testable import Prometheus

struct HistogramTests {
    @Test func `a bound belongs to its bucket`() {
        let registry = Registry(shards: 1)
        let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: [0.001, 0.03, 15])
        for nanoseconds in [0, 1_000_000, 1_000_001, 30_000_000, 15_000_000_001] as [UInt64] {
            histogram.observe(nanoseconds: nanoseconds, shard: 0)
        }
        let exposition = Exposition(registry)
        #expect(exposition.value("test_x_seconds_bucket{le=\"0.001\"}") == "2")
        #expect(exposition.value("test_x_seconds_bucket{le=\"0.03\"}") == "4")
        #expect(exposition.value("test_x_seconds_bucket{le=\"15.0\"}") == "4")
        #expect(exposition.value("test_x_seconds_bucket{le=\"+Inf\"}") == "5")
        #expect(exposition.value("test_x_seconds_count") == "5")
        #expect(exposition.value("test_x_seconds_sum") == "15.032000002")
    }

    @Test func `seconds fall into the same buckets as nanoseconds`() {
        let bounds = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10]
        let registry = Registry(shards: 1)
        let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: bounds)
        for bound in bounds { histogram.observe(seconds: bound, shard: 0) }
        let buckets = Exposition(registry).samples.prefix(bounds.count)
            .map { $0.split(separator: " ")[1] }
        #expect(buckets == (1...bounds.count).map { "\($0)"[...] })
    }

    @Test func `numbers that are no durations count as 0 or as the largest`() {
        let registry = Registry(shards: 1)
        let histogram = registry.histogram("test_x_seconds", help: "X.", bounds: [1])
        for seconds in [-1, .nan, -.infinity, .infinity, 1e300] {
            histogram.observe(seconds: seconds, shard: 0)
        }
        histogram.observe(nanoseconds: .max, shard: 0)
        let exposition = Exposition(registry)
        #expect(exposition.value("test_x_seconds_bucket{le=\"1.0\"}") == "3")
        #expect(exposition.value("test_x_seconds_count") == "6")
        #expect(exposition.value("test_x_seconds_sum") == "8.64691128455135232e+08")
    }

    @Test func `plain numbers are counted as they are`() {
        let registry = Registry(shards: 1)
        let histogram = registry.histogram("test_batch", help: "Batch.", bounds: [1, 2, 1024])
        for count in [0, 1, 2, 3, 1024, 1025] as [UInt64] {
            histogram.observe(count: count, shard: 0)
        }
        let exposition = Exposition(registry)
        #expect(exposition.value("test_batch_bucket{le=\"1.0\"}") == "2")
        #expect(exposition.value("test_batch_bucket{le=\"2.0\"}") == "3")
        #expect(exposition.value("test_batch_bucket{le=\"1024.0\"}") == "5")
        #expect(exposition.value("test_batch_bucket{le=\"+Inf\"}") == "6")
        #expect(exposition.value("test_batch_sum") == "2055")
    }

    @Test func `a sum in steps of 1.024 microseconds is rounded, not cut off`() {
        let registry = Registry(shards: 1)
        let histogram = registry.histogram("test_lag_seconds", help: "Lag.", bounds: [1, 86_400])
        for nanoseconds in [511, 512, 1535, 1536] as [UInt64] {
            histogram.observe(nanoseconds: nanoseconds, shard: 0)
        }
        // 0, 1, 1 and 2 steps.
        #expect(Exposition(registry).value("test_lag_seconds_sum") == "4.096e-06")
    }

    @Test func `the sum of many days of delay does not wrap`() {
        let registry = Registry(shards: 1)
        let histogram = registry.histogram("test_lag_seconds", help: "Lag.", bounds: [1, 86_400])
        for _ in 0..<1_000_000 { histogram.observe(seconds: 86_400, shard: 0) }
        let sum = Exposition(registry).value("test_lag_seconds_sum").flatMap { Double($0) }
        #expect(sum == 8.64e10)
    }
}
