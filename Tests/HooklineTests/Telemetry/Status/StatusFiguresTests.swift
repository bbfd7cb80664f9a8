import Foundation
import POSIX
import Testing

@testable import Hookline

/// `/status.json`: each of its figures is the one that it is named after. Every family has a value
/// of its own here, so that no figure can be taken for another.
@Suite struct StatusFiguresTests {
    private let bench: MonitorBench
    private let monitor: Monitor
    private let document: Any

    init() throws {
        bench = try MonitorBench(critical: 4)
        Self.declareGauges(in: bench)
        let now = MonotonicClock.now()
        // Before the window began.
        Self.count(bench, offset: 1000)
        bench.use(cpuSeconds: 1)
        monitor = Monitor(
            bench.options, metrics: bench.metrics, log: Log(format: .json, level: .critical),
            nowNanoseconds: now - 4_000_000_000, usage: bench.usageNow)
        Self.count(bench, offset: 0)
        Self.answer(bench)
        bench.use(cpuSeconds: 3)
        monitor.tick(nowNanoseconds: now)
        var bytes: [UInt8] = []
        StatusDocument(bench.metrics.registry, monitor: monitor, health: Health()).json
            .write(to: &bytes)
        document = try JSONSerialization.jsonObject(with: Data(bytes))
    }

    /// What other parts of the receiver declare.
    private static func declareGauges(in bench: MonitorBench) {
        let registry = bench.metrics.registry
        let gauges: [(name: String, value: Double)] = [
            ("validation_cache_entries", 201), ("dead_letters", 202), ("quarantined", 203),
            ("unverified", 204), ("spooled", 205), ("store_wal_bytes", 206),
            ("data_dir_free_bytes", 207), ("connections", 208), ("connections_max", 209),
            ("requests_in_flight", 210), ("requests_waiting", 211), ("token_waits", 212),
            ("deliveries_in_flight", 213), ("deliveries_in_flight_max", 214),
        ]
        for (name, value) in gauges {
            registry.gauge("hookline_" + name, help: "A test's.") { value }
        }
        registry.counter("hookline_log_lines_dropped_total", help: "A test's.") { 215 }
        let process: [(name: String, value: Double)] = [
            ("resident_memory_bytes", 221), ("open_fds", 222), ("max_fds", 223), ("threads", 224),
        ]
        for (name, value) in process {
            registry.gauge("process_" + name, help: "A test's.") { value }
        }
        let started = Double(WallClock.nowMilliseconds()) / 1000 - 500
        registry.gauge("process_start_time_seconds", help: "A test's.") { started }
        registry.gauges(
            "hookline_queue_depth", help: "A test's.", labels: ("store", "priority", "state"),
            StoreName.self, DeliveryPriority.self, DepthState.self
        ) { $0 == .sqlite ? 301 + 10 * Self.place($1) + Self.place($2) : nil }
        registry.gauges(
            "hookline_queue_oldest_message_age_seconds", help: "A test's.",
            labels: ("store", "priority"), StoreName.self, DeliveryPriority.self
        ) { $0 == .sqlite ? 305 + 10 * Self.place($1) : nil }
        for role in [RedisRole.cache, .queue] {
            bench.metrics.redis.link(role, "link", isUp: role == .cache, isOpen: role != .cache)
        }
    }

    /// The position of a label's value.
    private static func place<Value: CaseIterable & Equatable>(_ value: Value) -> Double {
        Double(Array(Value.allCases).firstIndex(of: value) ?? 0)
    }

    /// Counts each kind of event as often as no other, and so much oftener.
    private static func count(_ bench: MonitorBench, offset: Int) {
        let metrics = bench.metrics
        func number(_ value: Int) -> UInt64 { UInt64(offset + value) }
        for (place, result) in ValidationResult.allCases.enumerated() {
            metrics.validations[result].add(number(1 + place), shard: 0)
        }
        for (place, type) in ErrorType.allCases.enumerated() {
            metrics.errors[type].add(number(20 + place), shard: 0)
        }
        for (place, tier) in CacheTier.allCases.enumerated() {
            for (second, result) in CacheResult.allCases.enumerated() {
                metrics.cacheRequests[tier, result]
                    .add(number(40 + 10 * place + second), shard: 0)
            }
        }
        metrics.deliveryAttempts[.high, .success].add(number(60), shard: 0)
        metrics.deliveryAttempts[.normal, .success].add(number(61), shard: 0)
        metrics.deliveryAttempts[.normal, .clientError].add(number(63), shard: 0)
        metrics.requestsShed[.stopping].add(number(70), shard: 0)
        metrics.requestsShed[.waiting].add(number(71), shard: 0)
        metrics.storeErrors[.sqlite, .full].add(number(80), shard: 0)
        metrics.storeBatchMessages.observe(count: number(90), shard: 0)
        for (place, outcome) in WebhookOutcome.allCases.enumerated() {
            for _ in 0..<(offset / 100 + place) {
                metrics.webhookDuration[.sms, outcome].observe(nanoseconds: 1, shard: 0)
            }
            metrics.webhookDuration[.whatsapp, outcome].observe(nanoseconds: 1, shard: 0)
        }
    }

    /// A hundred genuine requests, all of whose phases take times of their own, and others.
    private static func answer(_ bench: MonitorBench) {
        let cells = bench.metrics.monitorCells
        for number in 1...100 {
            let slow: UInt64 = number <= 50 ? 1 : number <= 94 ? 2 : number <= 98 ? 3 : 5
            let timing = ReplyTiming(
                shard: 0, receive: slow * 1_000_000, validation: slow * 10_000_000,
                acknowledgement: slow * 100_000_000, response: slow * 1_000_000_000)
            let outcome: WebhookOutcome =
                number <= 70 ? .accepted : number <= 90 ? .duplicate : .unavailable
            cells.observe(timing, outcome: outcome)
            cells.observeBackground(nanoseconds: slow * 10_000_000_000, shard: 0)
        }
        for (outcome, times) in [(WebhookOutcome.refused, 4), (.malformed, 8), (.aborted, 12)] {
            bench.answer(nanoseconds: 1, outcome, times: times)
        }
    }
}

extension StatusFiguresTests {
    /// All figures of the document by their paths, lists by number.
    private func figures(_ value: Any, _ path: String = "") -> [String: Double] {
        let inside = { (name: String) in path.isEmpty ? name : path + "." + name }
        if let object = value as? [String: Any] {
            return object.reduce(into: [:]) { all, member in
                all.merge(figures(member.value, inside(member.key))) { $1 }
            }
        }
        if let list = value as? [Any] {
            return list.enumerated().reduce(into: [:]) { all, item in
                all.merge(figures(item.element, inside("\(item.offset)"))) { $1 }
            }
        }
        guard let number = value as? NSNumber else { return [:] }
        return [path: number.doubleValue]
    }

    @Test func `each figure of the status document is that of its name`() {
        var shown = figures(document)
        for name in ["time_unix_seconds", "ready"] {
            #expect(shown.removeValue(forKey: name) != nil, "\(name)")
        }
        var expected = Self.sinceStart().merging(Self.now()) { $1 }
        expected.merge(Self.window()) { $1 }
        #expect(Set(shown.keys).subtracting(expected.keys) == [])
        for (path, value) in expected.sorted(by: { $0.key < $1.key }) {
            let figure = shown[path] ?? -.infinity
            let isPercentile = path.contains(/p\d\d_seconds|alerts.[01].value/)
            // Percentiles are up to a sixteenth above; ages grow meanwhile.
            let room = isPercentile ? value / 16 : path.contains(/uptime|ago/) ? 60 : 1e-6
            #expect(
                figure >= value - 1e-6 && figure <= value + room, "\(path): \(figure), not \(value)"
            )
        }
    }

    private static func sinceStart() -> [String: Double] {
        var all: [String: Double] = [:]
        for place in WebhookOutcome.allCases.indices {
            all["requests.\(place).total"] = Double(10 + 2 * place + 2)
        }
        let rates = [17.5, 5, 0, 1, 2, 2.5, 3]
        for (place, rate) in rates.enumerated() { all["requests.\(place).per_second"] = rate }
        for place in ValidationResult.allCases.indices {
            all["validations.\(place).total"] = Double(1002 + 2 * place)
            all["validations.\(place).in_window"] = Double(1 + place)
        }
        for place in ErrorType.allCases.indices {
            all["errors.\(place).total"] = Double(1040 + 2 * place)
            all["errors.\(place).in_window"] = Double(20 + place)
        }
        for place in CacheTier.allCases.indices {
            let first = 40 + 10 * place
            for (second, result) in CacheResult.allCases.enumerated() {
                all["cache.\(place).\(result.rawValue)_total"] = Double(
                    1000 + 2 * (first + second))
            }
            all["cache.\(place).hit_ratio"] = Double(first) / Double(4 * first + 6)
        }
        all["cache_entries"] = 201
        all["deliveries.succeeded_total"] = 2242
        all["deliveries.failed_total"] = 1126
        all["deliveries.succeeded_per_second"] = 121 / 4
        all["deliveries.failed_per_second"] = 63 / 4
        all["deliveries.in_flight"] = 213
        all["deliveries.in_flight_max"] = 214
        return all
    }

    private static func now() -> [String: Double] {
        var all: [String: Double] = [
            "dead_letters": 202, "quarantined": 203, "unverified": 204, "spooled": 205,
            "store.messages_total": 1180, "store.errors_total": 1160, "store.wal_bytes": 206,
            "store.data_dir_free_bytes": 207, "load.connections": 208,
            "load.connections_max": 209, "load.requests_in_flight": 210,
            "load.requests_waiting": 211, "load.token_waits": 212,
            "load.requests_shed_total": 2282, "load.log_lines_dropped_total": 215,
            "process.resident_memory_bytes": 221, "process.open_fds": 222,
            "process.max_fds": 223, "process.threads": 224,
            "process.cpu_seconds_per_second": 0.5, "uptime_seconds": 500,
        ]
        for place in 0..<2 {
            let first = Double(301 + 10 * place)
            all["queue.\(place).available"] = first
            all["queue.\(place).running"] = first + 1
            all["queue.\(place).retryable"] = first + 2
            all["queue.\(place).oldest_age_seconds"] = first + 4
            all["redis.\(place).up"] = place == 0 ? 1 : 0
            all["redis.\(place).breaker_open"] = place == 0 ? 0 : 1
        }
        return all
    }

    private static func window() -> [String: Double] {
        var all: [String: Double] = [
            "window.seconds": 60, "window.covered_seconds": 4, "window.samples_min": 20,
            "window.genuine_requests": 100, "window.judged_validations": 16,
            "window.success_ratio": 0.9, "window.validation_failure_ratio": 15 / 16,
            "history.seconds_ago.0": 0, "history.served_per_second.0": 22.5,
            "history.refused_per_second.0": 3, "history.unavailable_per_second.0": 2.5,
        ]
        for (name, slow) in [("p50", 1.0), ("p95", 3), ("p99", 5)] {
            all["window.\(name)_seconds"] = slow * 1.11
            all["history.\(name)_seconds.0"] = slow * 1.11
            for (place, unit) in [0.001, 0.01, 0.1, 1, 10].enumerated() {
                all["phases.\(place).\(name)_seconds"] = slow * unit
            }
        }
        for place in 0..<5 { all["phases.\(place).samples"] = 100 }
        let alerts: [(samples: Double, value: Double, threshold: Double)] = [
            (100, 3.33, 1), (100, 3.33, 4), (16, 15 / 16, 0.05),
        ]
        for (place, alert) in alerts.enumerated() {
            all["alerts.\(place).samples"] = alert.samples
            all["alerts.\(place).value"] = alert.value
            all["alerts.\(place).threshold"] = alert.threshold
            all["alerts.\(place).active"] = place == 0 ? 1 : 0
            all["alerts.\(place).enough_samples"] = place < 2 ? 1 : 0
        }
        all["alerts.0.changed_seconds_ago"] = 0
        return all
    }

    /// All texts under a name, from everywhere in the document.
    private func texts(_ name: String, _ value: Any) -> [String] {
        if let list = value as? [Any] { return list.flatMap { texts(name, $0) } }
        guard let object = value as? [String: Any] else { return [] }
        let inside = object.sorted { $0.key < $1.key }.flatMap { texts(name, $0.value) }
        return ((object[name] as? String).map { [$0] } ?? []) + inside
    }

    @Test func `each row of the status document is named after what it counts`() {
        #expect(texts("outcome", document) == WebhookOutcome.allCases.map(\.rawValue))
        #expect(texts("result", document) == ValidationResult.allCases.map(\.rawValue))
        #expect(texts("type", document) == ErrorType.allCases.map(\.rawValue))
        #expect(texts("tier", document) == ["memory", "redis"])
        #expect(texts("phase", document) == WebhookPhase.allCases.map(\.rawValue))
        #expect(texts("store", document) == ["sqlite", "sqlite"])
        #expect(texts("priority", document) == ["high", "normal"])
        #expect(texts("role", document) == ["cache", "queue"])
        #expect(
            texts("alert", document) == ["response_time", "response_time", "validation_failures"])
        #expect(texts("severity", document) == ["warning", "critical", "error"])
        #expect(texts("unit", document) == ["seconds", "seconds", "ratio"])
    }

    @Test func `R12 the monitor's gauges say what the status document says`() {
        let registry = bench.metrics.registry
        ReceiverGauges.declare(in: registry, monitor: monitor)
        let active = "hookline_alert_active"
        let response = "hookline_webhook_response_window_seconds"
        let ratios = [
            "hookline_webhook_window_success_ratio", "hookline_validation_window_failure_ratio",
        ]
        let reading = MetricsReading(registry, names: Set([active, response] + ratios))
        let verdicts = reading[active].map { [$0["alert"], $0["severity"], "\($0.value)"] }
        #expect(
            verdicts == [
                ["response_time", "warning", "1.0"], ["response_time", "critical", "0.0"],
                ["validation_failures", "error", "0.0"],
            ])
        for (percentile, seconds) in [("50", 1.11), ("95", 3.33), ("99", 5.55)] {
            let shown = reading.sum(response, ["percentile": percentile]) ?? 0
            #expect(shown >= seconds && shown <= seconds * 17 / 16, "\(percentile): \(shown)")
        }
        #expect(reading.value(ratios[0]) == 0.9)
        #expect(reading.value(ratios[1]) == 0.9375)
    }
}
