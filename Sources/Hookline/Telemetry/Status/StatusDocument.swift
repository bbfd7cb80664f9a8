import POSIX
import Prometheus

/// What `/status.json` says, field by field as in docs/status.md: the monitor's look at its window
/// and, since the start, the figures of `/metrics`.
struct StatusDocument {
    private let snapshot: Monitor.Snapshot?
    private let metrics: MetricsReading
    private let ready: Health.Verdict
    private let options: Monitor.Options
    private let nowNanoseconds: UInt64
    private let nowMilliseconds: Int64

    /// Reads everything now.
    init(_ registry: Registry, monitor: Monitor, health: Health) {
        snapshot = monitor.snapshot()
        metrics = MetricsReading(registry, names: Self.names)
        ready = health.ready
        options = monitor.options
        nowNanoseconds = MonotonicClock.now()
        nowMilliseconds = WallClock.nowMilliseconds()
    }

    /// The document.
    var json: JSONValue {
        .object(
            [
                ("version", .text(Version.current)), ("ready", .bool(ready.isGood)),
                ("readiness", .text(ready.sentence)),
                ("time_unix_seconds", .number(Double(nowMilliseconds) / 1000)),
                ("uptime_seconds", .number(uptime)),
            ] + windowMembers + sinceStart
                + StatusLoad(metrics: metrics, figures: figures).members)
    }

    /// The samples that it reads.
    private static let names: Set = [
        "hookline_webhook_duration_seconds_count", "hookline_validations_total",
        "hookline_validation_cache_requests_total", "hookline_validation_cache_entries",
        "hookline_errors_total", "hookline_queue_depth",
        "hookline_queue_oldest_message_age_seconds", "hookline_dead_letters",
        "hookline_quarantined", "hookline_unverified", "hookline_spooled",
        "hookline_delivery_attempts_total", "hookline_deliveries_in_flight",
        "hookline_deliveries_in_flight_max", "hookline_store_batch_messages_sum",
        "hookline_store_errors_total", "hookline_store_wal_bytes",
        "hookline_data_dir_free_bytes", "hookline_redis_up", "hookline_redis_breaker_open",
        "hookline_connections", "hookline_connections_max", "hookline_requests_in_flight",
        "hookline_requests_waiting", "hookline_requests_shed_total", "hookline_token_waits",
        "hookline_log_lines_dropped_total", "process_start_time_seconds",
        "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
        "process_threads",
    ]

    private var uptime: Double? {
        metrics.value("process_start_time_seconds").map {
            (max(0, Double(nowMilliseconds) - $0 * 1000)).rounded() / 1000
        }
    }

    private var figures: MonitorFigures? { snapshot?.figures }

    private func perSecond(_ count: UInt64?) -> JSONValue {
        guard let count, let figures else { return .number(nil) }
        return .number(figures.perSecond(count))
    }

    private func seconds(_ distribution: MonitorDistribution?, _ hundredths: UInt64) -> JSONValue {
        .number(distribution?.quantile(hundredths: hundredths).map { Double($0) / 1e9 })
    }

    private func age(_ nanoseconds: UInt64) -> Double {
        Double(nowNanoseconds - min(nanoseconds, nowNanoseconds)) / 1e9
    }
}

/// What the monitor saw.
extension StatusDocument {
    private var windowMembers: [(String, JSONValue)] {
        [
            (
                "window",
                .object([
                    ("seconds", .number(Double(options.windowNanoseconds) / 1e9)),
                    (
                        "covered_seconds",
                        .number(figures.map { Double($0.coveredNanoseconds) / 1e9 })
                    ),
                    ("samples_min", .count(MonitorVerdict.samplesMin)),
                    ("genuine_requests", .number(figures.map { Double($0.genuine) })),
                    ("judged_validations", .number(figures.map { Double($0.judgedValidations) })),
                    ("success_ratio", .number(figures?.successRatio)),
                    ("validation_failure_ratio", .number(figures?.validationFailureRatio)),
                    ("p50_seconds", .number(figures?.responseSeconds(.median))),
                    ("p95_seconds", .number(figures?.responseSeconds(.ninetyFifth))),
                    ("p99_seconds", .number(figures?.responseSeconds(.ninetyNinth))),
                ])
            ),
            ("alerts", .array((snapshot?.verdicts ?? []).map(alert))),
            ("phases", .array(WebhookPhase.allCases.map(phase))),
            ("history", history),
        ]
    }

    private func alert(_ verdict: MonitorVerdict) -> JSONValue {
        .object([
            ("alert", .text(verdict.alert.rawValue)),
            ("severity", .text(verdict.severity.rawValue)),
            ("active", .bool(verdict.isActive)),
            ("enough_samples", .bool(verdict.evidence.isEnough)),
            ("samples", .count(verdict.evidence.samples)),
            ("unit", .text(verdict.alert == .responseTime ? "seconds" : "ratio")),
            ("value", .number(verdict.evidence.value)),
            ("threshold", .number(verdict.threshold)),
            ("changed_seconds_ago", .number(verdict.changedNanoseconds.map(age))),
        ])
    }

    private func phase(_ phase: WebhookPhase) -> JSONValue {
        let distribution = figures?.phases[phase.place]
        return .object([
            ("phase", .text(phase.rawValue)),
            ("samples", .number(distribution.map { Double($0.total) })),
            ("p50_seconds", seconds(distribution, 50)),
            ("p95_seconds", seconds(distribution, 95)),
            ("p99_seconds", seconds(distribution, 99)),
        ])
    }

    private var history: JSONValue {
        let points = snapshot?.history.points ?? []
        func series(_ value: (MonitorHistory.Point) -> Double?) -> JSONValue {
            .array(points.map { .number(value($0).map { ($0 * 1e6).rounded() / 1e6 }) })
        }
        return .object([
            ("seconds_ago", series { ((age($0.atNanoseconds) * 100).rounded() / 100) }),
            ("served_per_second", series(\.servedPerSecond)),
            ("refused_per_second", series(\.refusedPerSecond)),
            ("unavailable_per_second", series(\.unavailablePerSecond)),
            ("p50_seconds", series { $0.responseSeconds[0] }),
            ("p95_seconds", series { $0.responseSeconds[1] }),
            ("p99_seconds", series { $0.responseSeconds[2] }),
        ])
    }
}

/// What happened since the start, with its rate over the window.
extension StatusDocument {
    private var sinceStart: [(String, JSONValue)] {
        [
            ("requests", .array(WebhookOutcome.allCases.map(outcome))),
            (
                "validations",
                .array(
                    ValidationResult.allCases.enumerated().map { place, result in
                        counted(
                            "result", result.rawValue, "hookline_validations_total",
                            inWindow: figures?.validations[place])
                    })
            ),
            (
                "errors",
                .array(
                    ErrorType.allCases.enumerated().map { place, type in
                        counted(
                            "type", type.rawValue, "hookline_errors_total",
                            inWindow: figures?.errors[place])
                    })
            ),
            ("cache", .array(CacheTier.allCases.enumerated().map(cacheTier))),
            ("cache_entries", .number(metrics.value("hookline_validation_cache_entries"))),
            ("deliveries", deliveries),
        ]
    }

    private func outcome(_ outcome: WebhookOutcome) -> JSONValue {
        .object([
            ("outcome", .text(outcome.rawValue)),
            (
                "total",
                .number(
                    metrics.sum(
                        "hookline_webhook_duration_seconds_count",
                        ["outcome": outcome.rawValue]))
            ),
            ("per_second", perSecond(figures?[outcome])),
        ])
    }

    private func counted(
        _ label: String, _ value: String, _ name: String, inWindow count: UInt64?
    ) -> JSONValue {
        .object([
            (label, .text(value)), ("total", .number(metrics.sum(name, [label: value]))),
            ("in_window", .number(count.map { Double($0) })),
        ])
    }

    private func cacheTier(_ place: Int, _ tier: CacheTier) -> JSONValue {
        let results = CacheResult.allCases.count
        let counts = figures.map { Array($0.cache[place * results..<(place + 1) * results]) }
        // Hits are the first of the results.
        let lookups = counts?.reduce(0, +) ?? 0
        let ratio = counts.flatMap { lookups > 0 ? Double($0[0]) / Double(lookups) : nil }
        let totals = CacheResult.allCases.map { result in
            (
                "\(result.rawValue)_total",
                JSONValue.number(
                    metrics.sum(
                        "hookline_validation_cache_requests_total",
                        ["tier": tier.rawValue, "result": result.rawValue]))
            )
        }
        return .object(
            [("tier", .text(tier.rawValue))] + totals + [("hit_ratio", .number(ratio))])
    }

    private var deliveries: JSONValue {
        let name = "hookline_delivery_attempts_total"
        let all = metrics.sum(name)
        let succeeded = metrics.sum(name, ["result": AttemptResult.success.rawValue])
        return .object([
            ("succeeded_total", .number(succeeded)),
            ("failed_total", .number(all.map { $0 - (succeeded ?? 0) })),
            ("succeeded_per_second", perSecond(figures?.attempts.succeeded)),
            ("failed_per_second", perSecond(figures?.attempts.failed)),
            ("in_flight", .number(metrics.value("hookline_deliveries_in_flight"))),
            ("in_flight_max", .number(metrics.value("hookline_deliveries_in_flight_max"))),
        ])
    }
}
