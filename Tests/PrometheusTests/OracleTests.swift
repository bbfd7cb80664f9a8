import Foundation
import TestSupport
import Testing

@testable import Prometheus

/// Readers that share no code with the product: the PyPI package prometheus-client, and checks of
/// what it does not see.
@Suite(.startsPrograms) struct OracleTests {
    private func options(native: Bool, created: Bool = false) -> RegistryOptions {
        var options = RegistryOptions()
        if native { options.nativeHistograms = NativeHistograms(factor: 1.1) }
        if created { options.createdMilliseconds = 1_700_000_000_007 }
        return options
    }

    @Test(arguments: [ExpositionFormat.text, .openMetrics], [false, true])
    func `a page with every kind of metric has no fault`(
        format: ExpositionFormat, everything: Bool
    ) throws {
        let registry = TextFormatTests.everything(options(native: everything, created: everything))
        let page = Exposition(registry, format)
        let later = Exposition(registry, format)
        let verdict = try ExpositionOracle.check(format.rawValue, page.bytes, later: later.bytes)
        #expect(verdict.faults == [])
        #expect(verdict.number("samples") == page.count)
        #expect(verdict.number("exemplars") == (format == .text ? 0 : 6))
    }

    @Test func `both text formats say the same`() throws {
        let registry = TextFormatTests.everything()
        let pages = [ExpositionFormat.text, .openMetrics].map { Exposition(registry, $0).bytes }
        #expect(try ExpositionOracle.ask("same", [], pages).faults == [])
    }

    @Test(arguments: [false, true])
    func `a protobuf page with every kind of metric has no fault`(native: Bool) throws {
        let registry = TextFormatTests.everything(options(native: native, created: native))
        let page = Exposition(registry, .protobuf)
        let verdict = try ExpositionOracle.ask("protobuf", [], [page.bytes])
        #expect(verdict.faults == [])
        let natives = verdict.lines.count { $0.contains(" schema ") }
        #expect(natives == (native ? 1 + 2 + 6 : 0))
        #expect(verdict.lines.contains { $0.hasPrefix("test_events_total 820 # {'label'") })
        #expect(!verdict.lines.contains { $0.hasPrefix("test_unset") })
    }

    @Test func `protobuf says the same as the text does`() throws {
        let registry = TextFormatTests.everything(options(native: true))
        let text = Exposition(registry)
        let verdict = try ExpositionOracle.ask(
            "protobuf", [], [Exposition(registry, .protobuf).bytes])
        for line in verdict.lines where !line.contains(" schema ") {
            let words = line.split(separator: " ")
            guard words.count > 6, words[1] == "count" else { continue }
            let brace = words[0].firstIndex(of: "{") ?? words[0].endIndex
            let labels = words[0][brace...]
            #expect(text.value("\(words[0][..<brace])_count\(labels)") == words[2])
            let buckets = words[6...].map { $0.split(separator: ":")[1] }
            let expected = text.samples.filter { sample in
                sample.hasPrefix("\(words[0][..<brace])_bucket{")
                    && (labels.isEmpty || sample.contains(labels.dropFirst().dropLast()))
            }.map { $0.split(separator: " ").last }
            #expect(buckets == expected)
        }
    }

    /// A fault, and what a page becomes by it.
    struct Fault: Sendable, CustomTestStringConvertible {
        var rule: String
        var from: String
        var to: String
        var testDescription: String { rule }
    }

    /// The rules, and a page that breaks each: the oracle must see every one of them.
    private static let faults = [
        Fault(rule: "no EOF", from: "# EOF\n", to: ""),
        Fault(rule: "text after EOF", from: "# EOF\n", to: "# EOF\n# HELP x y\n"),
        Fault(rule: "CRLF", from: "\n", to: "\r\n"),
        Fault(rule: "blank line", from: "# EOF\n", to: "\n# EOF\n"),
        Fault(rule: "counter without _total", from: "test_events_total ", to: "test_events "),
        Fault(
            rule: "unit that does not end the name", from: "UNIT test_lag_seconds seconds",
            to: "UNIT test_lag_seconds s"),
        Fault(rule: "info without _info", from: "test_build_info{", to: "test_build{"),
        Fault(rule: "no +Inf", from: "le=\"+Inf\"", to: "le=\"99999.0\""),
        Fault(
            rule: "count unlike the last bucket", from: "test_lag_seconds_count 40",
            to: "test_lag_seconds_count 41"),
        Fault(
            rule: "negative sum", from: "test_lag_seconds_sum 22", to: "test_lag_seconds_sum -22"),
        Fault(rule: "space between labels", from: "\",size=", to: "\", size="),
        Fault(rule: "trailing comma", from: "\"} ", to: "\",} "),
        Fault(rule: "series twice", from: "le=\"0.001\"} 0\n", to: "le=\"1.0\"} 0\n"),
        Fault(rule: "no help", from: "# HELP test_events Events.\n", to: ""),
        Fault(rule: "no type", from: "# TYPE test_level gauge\n", to: ""),
        Fault(rule: "bound without a point", from: "le=\"1.0\"", to: "le=\"1\""),
        Fault(rule: "exemplar outside its bucket", from: "} 1600 ", to: "} 0.5 "),
        Fault(
            rule: "exemplar without labels",
            from: "{trace_id=\"4bf92f3577b34da60000000000000001\"}", to: "{}"),
        Fault(
            rule: "exemplar too long", from: "trace_id=\"",
            to: "trace_id=\"" + String(repeating: "0", count: 90)),
        Fault(
            rule: "exemplar on a gauge", from: "test_one{only=\"one\"} +Inf",
            to: "test_one 1 # {a=\"b\"} 1"),
        Fault(rule: "exemplar without a time", from: " 1700000000.250", to: ""),
    ]

    @Test func `the oracle sees each fault that a page can have`() throws {
        var registry = RegistryOptions()
        registry.exemplarsKeptMilliseconds = 0
        let good = Exposition(TextFormatTests.everything(registry), .openMetrics).text
        let pages = [good] + Self.faults.map { good.replacing($0.from, with: $0.to) }
        for (fault, page) in zip(Self.faults, pages.dropFirst()) {
            #expect(page != good, "\(fault.rule): nothing was replaced")
        }
        let verdict = try ExpositionOracle.ask(
            "judge", ["openmetrics"], pages.map { Array($0.utf8) })
        #expect(verdict.faults == [])
        #expect(verdict.lines.first == "good")
        for (fault, line) in zip(Self.faults, verdict.lines.dropFirst()) {
            #expect(line != "good", "\(fault.rule) was not seen")
        }
        #expect(verdict.lines.count == pages.count)
    }

    @Test func `the oracle sees a counter that falls, in a second scrape`() throws {
        let registry = Registry(shards: 1)
        let counter = registry.counter("test_events_total", help: "Events.")
        let before = Exposition(registry, .openMetrics).bytes
        counter.add(shard: 0)
        let after = Exposition(registry, .openMetrics).bytes
        #expect(try ExpositionOracle.check("openmetrics", before, later: after).faults == [])
        #expect(try ExpositionOracle.check("openmetrics", after, later: before).faults.count == 1)
    }
}
