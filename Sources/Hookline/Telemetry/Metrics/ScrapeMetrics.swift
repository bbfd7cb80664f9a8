import Prometheus
import Synchronization

/// What `/metrics` says of itself (the model is promhttp of Prometheus' Go client).
final class ScrapeMetrics: Sendable {
    let requests: Counters<ScrapeStatus>
    let errors: Counters<ScrapeError>
    let renderDuration: Histograms<ExpositionFormat>
    private let inFlight = Atomic<Int>(0)

    /// Declares everything in `registry`.
    init(_ registry: Registry) {
        requests = registry.counters(
            "hookline_metric_handler_requests_total",
            help: "Answers to requests for metrics, by status.", label: "code", ScrapeStatus.self)
        errors = registry.counters(
            "hookline_metric_handler_errors_total",
            help: "Requests for metrics that did not get their whole page, by cause.",
            label: "cause", ScrapeError.self)
        renderDuration = registry.histograms(
            "hookline_metric_handler_render_duration_seconds",
            help: "Time to read all metrics and to write and compress their page.",
            label: "format", ExpositionFormat.self,
            bounds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1])
        registry.sampleCount(
            "hookline_metric_handler_series", help: "Samples on this very page.")
        registry.counter(
            "hookline_exemplars_dropped_total",
            help: "Exemplars that were not kept: no trace id, or two at one moment."
        ) { [weak registry] in registry.map { Double($0.droppedExemplars) } }
        registry.gauge(
            "hookline_metric_handler_requests_in_flight",
            help: "Requests for metrics whose page has not left yet."
        ) { [weak self] in self.map { Double($0.inFlight.load(ordering: .relaxed)) } }
    }

    /// Takes one of `max` places for a scrape; false when all are taken.
    func begin(max: Int) -> Bool {
        // Relaxed: the number is all that is shared.
        let before = inFlight.add(1, ordering: .relaxed).oldValue
        if before < max { return true }
        end()
        return false
    }

    /// Gives a place back.
    func end() { inFlight.subtract(1, ordering: .relaxed) }
}

/// The statuses of answers to requests for metrics.
enum ScrapeStatus: String, LabelValue {
    case ok = "200"
    case methodNotAllowed = "405"
    case unavailable = "503"
}

/// Why a request for metrics did not get its whole page.
enum ScrapeError: String, LabelValue {
    /// As many scrapes were under way as may be.
    case busy
    /// The scraper's own time was over before its page was ready.
    case timeout
    /// libdeflate failed; the page was sent uncompressed.
    case compression
    /// The connection was gone before the whole page was sent.
    case aborted
}

extension ExpositionFormat: LabelValue {}
