/// The part of `/status.json` that says what there is now: queue, store, Redis, load, process.
struct StatusLoad {
    let metrics: MetricsReading
    let figures: MonitorFigures?

    /// Its members.
    var members: [(String, JSONValue)] {
        [
            ("queue", .array(queue)),
            ("dead_letters", .number(metrics.value("hookline_dead_letters"))),
            ("quarantined", .number(metrics.value("hookline_quarantined"))),
            ("unverified", .number(metrics.value("hookline_unverified"))),
            ("spooled", .number(metrics.value("hookline_spooled"))),
            (
                "store",
                .object([
                    ("messages_total", .number(metrics.value("hookline_store_batch_messages_sum"))),
                    ("errors_total", .number(metrics.sum("hookline_store_errors_total"))),
                    ("wal_bytes", .number(metrics.value("hookline_store_wal_bytes"))),
                    (
                        "data_dir_free_bytes",
                        .number(metrics.value("hookline_data_dir_free_bytes"))
                    ),
                ])
            ),
            ("redis", .array(metrics["hookline_redis_up"].map(redis))),
            ("load", load), ("process", process),
        ]
    }

    /// One row for each store and priority that has a depth.
    private var queue: [JSONValue] {
        var rows: [(store: String, priority: String)] = []
        for sample in metrics["hookline_queue_depth"] {
            let row = (sample["store"] ?? "", sample["priority"] ?? "")
            if !rows.contains(where: { $0 == row }) { rows.append(row) }
        }
        return rows.map { store, priority in
            let labels = ["store": store, "priority": priority]
            let depths = DepthState.allCases.map { state in
                (
                    state.rawValue,
                    JSONValue.number(
                        metrics.sum(
                            "hookline_queue_depth",
                            labels.merging(["state": state.rawValue]) { $1 }))
                )
            }
            return .object(
                [("store", .text(store)), ("priority", .text(priority))] + depths + [
                    (
                        "oldest_age_seconds",
                        .number(metrics.sum("hookline_queue_oldest_message_age_seconds", labels))
                    )
                ])
        }
    }

    private func redis(_ sample: MetricsReading.Sample) -> JSONValue {
        let role = sample["role"] ?? ""
        let breaker = metrics.sum("hookline_redis_breaker_open", ["role": role])
        return .object([
            ("role", .text(role)), ("up", .bool(sample.value == 1)),
            ("breaker_open", .bool(breaker == 1)),
        ])
    }

    private var load: JSONValue {
        .object([
            ("connections", .number(metrics.value("hookline_connections"))),
            ("connections_max", .number(metrics.value("hookline_connections_max"))),
            ("requests_in_flight", .number(metrics.value("hookline_requests_in_flight"))),
            ("requests_waiting", .number(metrics.value("hookline_requests_waiting"))),
            ("token_waits", .number(metrics.value("hookline_token_waits"))),
            ("requests_shed_total", .number(metrics.sum("hookline_requests_shed_total"))),
            (
                "log_lines_dropped_total",
                .number(metrics.value("hookline_log_lines_dropped_total"))
            ),
        ])
    }

    private var process: JSONValue {
        .object([
            ("cpu_seconds_per_second", .number(figures?.cpuSecondsPerSecond)),
            (
                "resident_memory_bytes",
                .number(metrics.value("process_resident_memory_bytes"))
            ),
            ("open_fds", .number(metrics.value("process_open_fds"))),
            ("max_fds", .number(metrics.value("process_max_fds"))),
            ("threads", .number(metrics.value("process_threads"))),
        ])
    }
}
