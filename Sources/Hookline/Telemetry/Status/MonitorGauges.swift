import Prometheus

/// The monitor's figures and the configured objectives as gauges.
extension ReceiverGauges {
    /// Declares what the monitor knows; absent when it has not looked for some seconds.
    static func declare(in registry: Registry, monitor: Monitor) {
        registry.gauges(
            "hookline_alert_active",
            help: "1 while the process itself finds a threshold exceeded over its window, else 0.",
            labels: ("alert", "severity"), MonitorAlert.self, AlertSeverity.self
        ) { alert, severity in
            monitor.snapshot()?.verdicts.first { $0.alert == alert && $0.severity == severity }
                .map { $0.isActive ? 1 : 0 }
        }
        registry.gauges(
            "hookline_webhook_response_window_seconds",
            help: "Percentiles of the response time of genuine requests over the monitor's "
                + "window; at most 6.25 % above the exact ones, absent without samples.",
            label: "percentile", WindowPercentile.self
        ) { monitor.snapshot()?.figures.responseSeconds($0) }
        registry.gauge(
            "hookline_webhook_window_success_ratio",
            help: "Genuine requests that were answered 200, over the monitor's window; absent "
                + "without samples."
        ) { monitor.snapshot()?.figures.successRatio }
        registry.gauge(
            "hookline_validation_window_failure_ratio",
            help: "Failed validations to those with a verdict, over the monitor's window; absent "
                + "without samples."
        ) { monitor.snapshot()?.figures.validationFailureRatio }
    }

    /// Declares the configured service level objectives, for rules and dashboards.
    static func declareObjectives(in registry: Registry, configuration: Configuration) {
        let availability = configuration.availabilityObjective
        registry.gauge(
            "hookline_slo_availability_objective_ratio",
            help: "Configured share of genuine requests that are to be answered 200."
        ) { availability }
        let latency = configuration.latencyObjective
        registry.gauge(
            "hookline_slo_latency_objective_ratio",
            help: "Configured share of genuine requests that are to be answered within "
                + "hookline_slo_latency_threshold_seconds."
        ) { latency }
        let threshold = configuration.latencyObjectiveThreshold.seconds
        registry.gauge(
            "hookline_slo_latency_threshold_seconds",
            help: "Configured time within which genuine requests are to be answered."
        ) { threshold }
    }
}
