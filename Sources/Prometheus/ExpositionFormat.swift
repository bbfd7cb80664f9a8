/// A format of an exposition.
public enum ExpositionFormat: String, Sendable, CaseIterable {
    /// The text format 0.0.4, which every Prometheus server reads; without exemplars.
    case text
    /// OpenMetrics 1.0, with units and exemplars.
    case openMetrics = "openmetrics"
    /// Delimited `io.prometheus.client.MetricFamily`, with native buckets and exemplars.
    case protobuf

    /// The content type to answer with; servers from 3.0 on refuse a reply without one.
    public var contentType: String {
        switch self {
        case .text: TextFormat.contentType
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .protobuf:
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                + "encoding=delimited"
        }
    }
}

/// A rendered exposition; used again and again, it keeps its memory and so allocates nothing.
public struct ExpositionPage: Sendable {
    /// The whole page.
    public internal(set) var bytes: [UInt8] = []
    /// Samples on the page, which a server counts as `scrape_samples_scraped`; where a histogram
    /// has native buckets and the format carries them, it counts as one.
    public internal(set) var samples = 0

    /// Counts of one child's cells, and of its native buckets.
    var cells: [UInt64] = []
    var natives: [UInt64] = []

    /// An empty page.
    public init() {}

    /// Empties the page; memory is kept.
    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        samples = 0
    }
}
