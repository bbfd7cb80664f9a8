import Foundation
import POSIX
import Testing

@testable import Hookline

/// `/status.json`: as documented, and JSON whatever is missing.
@Suite struct StatusDocumentTests {
    private func document(_ bench: MonitorBench, monitor: Monitor? = nil) throws -> [String: Any] {
        let registry = bench.metrics.registry
        var bytes: [UInt8] = []
        StatusDocument(registry, monitor: monitor ?? bench.monitor, health: Health()).json
            .write(to: &bytes)
        let read = try JSONSerialization.jsonObject(with: Data(bytes))
        return try #require(read as? [String: Any])
    }

    /// Every field as the documentation writes it: `a.b`, `list[].b`.
    private func paths(_ value: Any, _ prefix: String = "") -> Set<String> {
        if let object = value as? [String: Any] {
            return object.reduce(into: []) { paths, member in
                let name = prefix.isEmpty ? member.key : "\(prefix).\(member.key)"
                paths.formUnion(self.paths(member.value, name))
            }
        }
        if let list = value as? [Any], let first = list.first, first is [String: Any] {
            return list.reduce(into: []) { $0.formUnion(paths($1, prefix + "[]")) }
        }
        return [prefix]
    }

    /// A monitor by the real clock, which the document reads.
    private func livingMonitor(_ bench: MonitorBench) -> Monitor {
        let now = MonotonicClock.now()
        let monitor = Monitor(
            bench.options, metrics: bench.metrics, log: Log(format: .json, level: .critical),
            nowNanoseconds: now - 2_000_000_000)
        bench.answer(nanoseconds: 20_000_000, times: 30)
        bench.validate(.valid, times: 30)
        monitor.tick(nowNanoseconds: now)
        return monitor
    }

    @Test func `every field is documented, and every documented field is there`() throws {
        let bench = try MonitorBench()
        let registry = bench.metrics.registry
        let store = StoreStatus()
        store.publish(DeliveryCounts(), walFrames: 0)
        QueueGauges(store: store, shared: nil).declare(in: registry)
        ReceiverGauges.declare(
            in: registry, store: store, paths: DataFolderPaths(folder: "/tmp"),
            log: Log(format: .json, level: .critical))
        var shown = paths(try document(bench, monitor: livingMonitor(bench)))
        // Without a Redis the list is empty.
        #expect(shown.remove("redis") != nil)
        shown.formUnion(["redis[].role", "redis[].up", "redis[].breaker_open"])
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../../docs/status.md").standardized
        let text = try String(contentsOf: file, encoding: .utf8)
        let table = try #require(text.components(separatedBy: "| field | meaning |").last)
        let documented = table.split(separator: "\n").flatMap { line in
            (line.split(separator: "|").first ?? "").matches(of: /`([a-z0-9_.\[\]]+)`/)
                .map { String($0.output.1) }
        }
        #expect(Set(documented).count == documented.count)
        #expect(shown.subtracting(documented) == [])
        #expect(Set(documented).subtracting(shown) == [])
    }

    @Test func `what is not known is null, and never 0`() throws {
        let bench = try MonitorBench()
        // The test's clock began long ago: its monitor has not looked for long.
        let document = try document(bench)
        #expect(document["ready"] as? Bool == false)
        #expect((document["alerts"] as? [Any])?.isEmpty == true)
        for name in ["dead_letters", "quarantined", "unverified", "spooled", "cache_entries"] {
            #expect(document[name] is NSNull, "\(name)")
        }
        let window = try #require(document["window"] as? [String: Any])
        #expect(window["genuine_requests"] is NSNull && window["p95_seconds"] is NSNull)
        #expect(window["seconds"] as? Double == 60)
        let requests = try #require(document["requests"] as? [[String: Any]])
        #expect(requests.count == 7)
        #expect(requests.allSatisfy { $0["total"] as? Int == 0 && $0["per_second"] is NSNull })
    }

    @Test func `figures of the window and since the start are told apart`() throws {
        let bench = try MonitorBench()
        bench.metrics.validations[.valid].add(70, shard: 1)
        let document = try document(bench, monitor: livingMonitor(bench))
        let validations = try #require(document["validations"] as? [[String: Any]])
        #expect(validations[0]["result"] as? String == "valid")
        #expect(validations[0]["total"] as? Int == 100)
        #expect(validations[0]["in_window"] as? Int == 30)
        let requests = try #require(document["requests"] as? [[String: Any]])
        #expect(requests[0]["per_second"] as? Double == 15)
        let history = try #require(document["history"] as? [String: [Double]])
        #expect(history["served_per_second"] == [15])
        let p95 = try #require(history["p95_seconds"]?.first)
        #expect(p95 >= 0.02 && p95 <= 0.02 * 17 / 16)
    }
}
