import Foundation
import POSIX
import Redis
import TestSupport
import Testing

@testable import Hookline

/// Tables in documents are made from the program: `make docs` writes them, these tests compare.
@Suite struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let isWriting = ProcessInfo.processInfo.environment["HOOKLINE_WRITE_DOCS"] != nil

    /// Compares, or writes, what stands between two markers of a document.
    private func check(_ table: [String], in document: String, marker: String) throws {
        let file = Self.root.appendingPathComponent(document)
        let text = try String(contentsOf: file, encoding: .utf8)
        let begin = "<!-- \(marker): made by `make docs` -->\n"
        let end = "<!-- /\(marker) -->"
        let start = try #require(text.range(of: begin), "\(document) has no \(begin)")
        let stop = try #require(text.range(of: end), "\(document) has no \(end)")
        let expected = table.joined(separator: "\n") + "\n"
        if Self.isWriting {
            let changed = text.replacingCharacters(
                in: start.upperBound..<stop.lowerBound, with: expected)
            try changed.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(
                text[start.upperBound..<stop.lowerBound] == expected,
                "\(document) is out of date: run `make docs`")
        }
    }

    private func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

    @Test func `R16 the page of the configuration lists every setting with its default`() throws {
        var lines = ["", "## " + SettingGroup.first.title, ""] + table(SettingGroup.first)
        lines += ["", "## Tuning"]
        for group in SettingGroup.tuning {
            lines += ["", "### " + group.title, ""] + table(group)
        }
        try check(lines + [""], in: "docs/configuration.md", marker: "settings")
    }

    private func table(_ group: SettingGroup) -> [String] {
        let rows = group.settings.map { setting in
            let value = setting.valueName.map { " " + $0 } ?? ""
            let variable = setting.environment.map { "`\($0)`" } ?? ""
            return "| `\(setting.flag)\(cell(value))` | \(variable) | `\(setting.defaultText)` | "
                + "\(cell(setting.help)) |"
        }
        return ["| flag | environment | default | meaning |", "| --- | --- | --- | --- |"] + rows
    }

    /// What stands behind the heading of tuning is made from the settings.
    @Test func `the example of the configuration file has every key of tuning`() throws {
        let file = Self.root.appendingPathComponent("deploy/hookline.yml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.range(of: "# --- Tuning: ")?.lowerBound)
        let expected = SettingGroup.tuning.map(example).joined(separator: "\n")
        if Self.isWriting {
            try (text[..<start] + expected).write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(
                text[start...] == expected, "deploy/hookline.yml is out of date: run `make docs`")
        }
    }

    /// The keys of a group, switched off, each with its help and its default.
    private func example(_ group: SettingGroup) -> String {
        var defaults = Configuration()
        // The number of processors is the machine's.
        defaults.threads = 2
        var lines = ["# --- Tuning: \(group.title.lowercased()) "]
        lines[0] += String(repeating: "-", count: 100 - lines[0].count)
        for setting in group.settings where !setting.isFlagOnly {
            lines.append("")
            var line = "#"
            for word in setting.help.split(separator: " ") {
                if line.count + 1 + word.count > 100 {
                    lines.append(line)
                    line = "#"
                }
                line += " " + word
            }
            // A switch is shown as a word, and written in YAML's.
            let shown = setting.text(in: defaults)
            let value = setting.valueName == nil ? (shown == "on" ? "true" : "false") : shown
            lines += [line, "#\(setting.key): \(value)"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test(arguments: ["compose.yaml", "Containerfile", "hookline.service"])
    func `a deployment sets only variables that there are`(file: String) throws {
        let text = try String(
            contentsOf: Self.root.appendingPathComponent("deploy/" + file), encoding: .utf8)
        // HOOKLINE_FILES is the compose file's own.
        let known = Set(
            Setting.all.compactMap(\.environment) + ["HOOKLINE_CONFIG", "HOOKLINE_FILES"])
        let named = Set(text.matches(of: /HOOKLINE_[A-Z_]+/).map { String($0.output) })
        #expect(named.subtracting(known).isEmpty)
    }

    @Test func `every metric is documented`() throws {
        let metrics = ReceiverMetrics(eventLoops: 2, thresholdSeconds: [])
        let store = StoreStatus()
        store.publish(DeliveryCounts(), walFrames: 0)
        store.publish(oldest: [.high: 0, .normal: 0])
        let paths = DataFolderPaths(folder: "/nowhere")
        ReceiverGauges.declare(
            in: metrics.registry, store: store, paths: paths,
            log: Log(format: .json, level: .critical))
        let report = StoreReport(folder: "/", log: Log(format: .json, level: .critical))
        report.lost(StoreMarkerHead(folder: "", database: "").losing(1))
        StoreGauges(report: report, status: store, clock: StoreClock())
            .declare(in: metrics.registry)
        QueueGauges(store: store, shared: { emptyQueue }).declare(in: metrics.registry)
        standIn(for: metrics.redis)
        let quarantine = QuarantineStatus()
        quarantine.publish(QuarantineStatus.Figures())
        ReceiverGauges.declare(in: metrics.registry, quarantine: quarantine)
        ReceiverGauges.declare(in: metrics.registry, loops: [])
        ReceiverGauges.declare(in: metrics.registry, health: Health())
        ReceiverGauges.declareThresholds(in: metrics.registry, configuration: Configuration())
        declareMonitor(metrics)
        ReceiverGauges.declareProcess(in: metrics.registry)
        var page: [UInt8] = []
        metrics.registry.renderText(into: &page)
        let families = Families(String(decoding: page, as: UTF8.self))
        let rows = families.all.map { family in
            "| `\(family.name)` | \(family.type) | \(family.labels) | \(cell(family.help)) |"
        }
        try check(
            ["| name | type | labels | meaning |", "| --- | --- | --- | --- |"] + rows,
            in: "docs/metrics.md", marker: "metrics")
    }

    /// The figures of a shared queue whose oldest messages are of the epoch.
    private var emptyQueue: RedisQueueStatus? {
        let row = RedisReply.array([.integer(0), .integer(0), .integer(0), .integer(0)])
        return RedisQueueStatus(.array([row, row, .integer(0), .null]))
    }

    /// Gauges that are absent without Redis.
    private func standIn(for redis: RedisMetrics) {
        for role in RedisRole.allCases {
            redis.link(role, "link", isUp: true, isOpen: false)
        }
        let told = RedisSetting.allCases.flatMap { setting in
            [setting.rawValue, setting.safeValue].map { RedisReply.bytes(Array($0.utf8)) }
        }
        redis.queue.configured(RedisDurability(.array(told)))
    }

    private func declareMonitor(_ metrics: ReceiverMetrics) {
        let registry = metrics.registry
        ReceiverGauges.declareObjectives(in: registry, configuration: Configuration())
        // Percentiles and ratios are absent without samples.
        let completion = ReplyTiming(
            shard: 0, receive: 0, validation: 0, acknowledgement: 0, response: 0)
        let start = MonotonicClock.now()
        let monitor = Monitor(
            Monitor.Options(Configuration()), metrics: metrics,
            log: Log(format: .json, level: .critical), nowNanoseconds: start - 1_000_000_000)
        metrics.monitorCells.observe(completion, outcome: .accepted)
        metrics.validations[.valid].add(shard: 0)
        monitor.tick(nowNanoseconds: start)
        ReceiverGauges.declare(in: registry, monitor: monitor)
        ReceiverGauges.declare(
            in: registry,
            load: ReceiverLoad(
                requests: { 0 }, tokenWaits: { 0 }, cacheEntries: { 0 }, attempts: { 0 },
                allowed: { 0 },
                immediate: { 0 }, connectionsMax: 0, attemptsMax: 0))
    }

    /// The families of a page in the text format.
    private struct Families {
        struct Family {
            var name: String
            var help: String
            var type = ""
            var values: [String: [String]] = [:]
            var order: [String] = []

            var labels: String {
                order.map { name in
                    "`\(name)` (" + (values[name] ?? []).map { "`\($0)`" }.joined(separator: ", ")
                        + ")"
                }.joined(separator: "; ")
            }
        }

        private(set) var all: [Family] = []

        init(_ page: String) {
            for line in page.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 3).map(String.init)
                if line.hasPrefix("# HELP") {
                    all.append(Family(name: words[2], help: words[3]))
                } else if line.hasPrefix("# TYPE") {
                    all[all.count - 1].type = words[3]
                } else {
                    note(line)
                }
            }
        }

        private mutating func note(_ line: Substring) {
            for label in line.matches(of: /(\w+)="([^"]*)"/) {
                let (name, value) = (String(label.1), String(label.2))
                // Bounds are in the text, versions depend on the machine.
                guard !["le", "version", "revision", "swift_version", "sqlite"].contains(name)
                else { continue }
                let last = all.count - 1
                if all[last].values[name] == nil { all[last].order.append(name) }
                if all[last].values[name]?.contains(value) != true {
                    all[last].values[name, default: []].append(value)
                }
            }
        }
    }
}
