import MicroHTTP
import POSIX
import Prometheus
import SQLite

/// The gauges that are read at a scrape. What cannot be read is absent, never 0.
enum ReceiverGauges {
    /// Declares them; each closure is called on the ops loop.
    static func declare(
        in registry: Registry, store: StoreStatus, paths: DataFolderPaths, log: Log
    ) {
        registry.gauge(
            "hookline_unverified",
            help: "Requests that are stored until their account's token proves them."
        ) { store.unverified.map { Double($0) } }
        registry.gauge(
            "hookline_store_wal_bytes", help: "Size of the write-ahead log that is in use."
        ) { store.walFrames.map { Double($0 * 4120) } }
        registry.gauge(
            "hookline_data_dir_free_bytes", help: "Room left on the data folder's file system."
        ) { Folder.freeBytes(paths.folder).map { Double($0) } }
        registry.counter(
            "hookline_log_lines_dropped_total", help: "Log lines that were not written."
        ) { Double(log.dropped) }
    }

    /// Declares whether the process is ready, and why not.
    static func declare(in registry: Registry, health: Health) {
        registry.gauges(
            "hookline_not_ready",
            help:
                "1 for the cause for which a webhook that came now would be answered 503, else 0.",
            label: "cause", UnavailableCause.self
        ) { health.cause == $0 ? 1 : 0 }
    }

    /// Declares what is kept of refused requests.
    static func declare(in registry: Registry, quarantine: QuarantineStatus) {
        registry.gauge(
            "hookline_quarantined", help: "Refused requests that are kept for release."
        ) { quarantine.figures.map { Double($0.rows) } }
        registry.gauge(
            "hookline_quarantine_bytes", help: "Bytes of refused requests that are kept."
        ) { quarantine.figures.map { Double($0.bytes) } }
        registry.gauge(
            "hookline_quarantine_proven",
            help: "Refused requests that are kept and would be genuine under another "
                + "configuration."
        ) { quarantine.figures.map { Double($0.proven) } }
    }

    /// Declares what the loops know.
    static func declare(in registry: Registry, loops: [EventLoop]) {
        registry.gauge("hookline_connections", help: "Connections of the webhook listener.") {
            Double(loops.reduce(0) { $0 + $1.connections })
        }
        registry.gauge(
            "hookline_requests_waiting", help: "Requests that wait for their commit."
        ) { Double(loops.reduce(0) { $0 + $1.waiting }) }
    }

    /// Declares the configured thresholds and objectives as gauges, for rules and dashboards.
    static func declareThresholds(in registry: Registry, configuration: Configuration) {
        let warning = configuration.alertWarning.seconds
        let critical = configuration.alertCritical.seconds
        registry.gauges(
            "hookline_alert_response_time_threshold_seconds",
            help: "Configured threshold of the response time.", label: "severity",
            ResponseTimeSeverity.self
        ) { $0 == .warning ? warning : critical }
        let failures = configuration.alertValidationFailures
        registry.gauges(
            "hookline_alert_validation_failure_threshold_ratio",
            help: "Configured threshold of the ratio of failed validations.", label: "severity",
            ValidationFailureSeverity.self
        ) { _ in failures }
        let rows = Double(configuration.quarantineRowsMax)
        registry.gauge(
            "hookline_quarantined_max",
            help: "Configured bound of the refused requests that are kept; 0 keeps none."
        ) { rows }
        let bytes = Double(configuration.quarantineBytesMax)
        registry.gauge(
            "hookline_quarantine_bytes_max",
            help: "Configured bound of the bytes of refused requests that are kept."
        ) { bytes }
    }

    /// Declares what the process and the build are.
    static func declareProcess(in registry: Registry) {
        ProcessMetrics.register(in: registry)
        registry.info(
            "hookline_build",
            help: "The running build: its version, revision, Swift and SQLite; always 1.",
            labels: [
                ("version", Version.current), ("revision", Version.revision),
                ("swift_version", Version.swift), ("sqlite", SQLiteLibrary.version),
            ])
    }
}
