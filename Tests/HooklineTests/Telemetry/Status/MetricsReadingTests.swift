import Foundation
import Prometheus
import Testing

@testable import Hookline

@Suite struct MetricsReadingTests {
    private let page = """
        # HELP a_total A { brace.
        # TYPE a_total counter
        a_total{x="1",y="two words"} 3
        a_total{x="2",y="b"} 4.5
        # TYPE b gauge
        b 1e-05
        c NaN
        d{x="1"} oops
        e
        """

    @Test func `samples are found by name and label`() {
        let reading = MetricsReading(
            page: Array(page.utf8), names: ["a_total", "b", "c", "d", "e", "f"])
        #expect(reading.sum("a_total") == 7.5)
        #expect(reading.sum("a_total", ["x": "2"]) == 4.5)
        #expect(reading.sum("a_total", ["x": "1", "y": "two words"]) == 3)
        #expect(reading.value("b") == 1e-05)
    }

    @Test func `what is absent is nil, and not 0`() {
        let reading = MetricsReading(page: Array(page.utf8), names: ["a_total", "b", "d", "e"])
        #expect(reading.sum("a_total", ["x": "3"]) == nil)
        #expect(reading.sum("a_total", ["z": "1"]) == nil)
        #expect(reading.value("c") == nil && reading.sum("f") == nil)
        #expect(reading.value("d") == nil && reading.value("e") == nil)
    }

    @Test func `a registry is read as it is rendered`() {
        let registry = Registry(shards: 1)
        let counters = registry.counters(
            "t_total", help: "T.", labels: ("tier", "result"), CacheTier.self, CacheResult.self)
        counters[.redis, .miss].add(12, shard: 0)
        registry.gauge("g_bytes", help: "G.") { 7_340_032 }
        let reading = MetricsReading(registry, names: ["t_total", "g_bytes"])
        #expect(reading["t_total"].count == 8)
        #expect(reading.sum("t_total", ["tier": "redis", "result": "miss"]) == 12)
        #expect(reading.value("g_bytes") == 7_340_032)
    }

    @Test func `JSON is written as readers of JSON want it`() throws {
        let value = JSONValue.object([
            ("a\"", .array([.number(nil), .number(.nan), .number(.infinity), .number(-0.0)])),
            ("b", .number(1e300)), ("c", .number(1e-7)), ("d", .count(9_007_199_254_740_993)),
            ("e", .bool(true)), ("f", .text("line\n\u{2028}")), ("g", .object([])),
        ])
        var bytes: [UInt8] = []
        value.write(to: &bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix(#"{"a\"":[null,null,null,0],"b":1e+300,"c":1e-07,"d":900719"#))
        let read = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        #expect(read?["b"] as? Double == 1e300 && read?["c"] as? Double == 1e-7)
        #expect(read?["f"] as? String == "line\n\u{2028}" && read?.count == 7)
    }
}
