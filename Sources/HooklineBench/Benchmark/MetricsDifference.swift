/// What a server's counters and histograms say of the time between two scrapes.
struct MetricsDifference: Sendable {
    /// What is read; names as in docs/metrics.md.
    enum Name {
        static let validations = "hookline_validations_total"
        static let phases = "hookline_webhook_phase_duration_seconds"
        static let receipts = "hookline_webhook_receipt_duration_seconds"
        static let cacheRequests = "hookline_validation_cache_requests_total"
        static let signatureTimeouts = "hookline_signature_timeouts_total"
    }

    /// The names of the samples that a page has to keep.
    static let names: Set<String> = [
        Name.validations, Name.cacheRequests, Name.signatureTimeouts, Name.phases + "_bucket",
        Name.receipts + "_bucket",
    ]

    private let before: MetricsPage
    private let after: MetricsPage

    /// The difference of two pages of one server.
    init(before: MetricsPage, after: MetricsPage) {
        self.before = before
        self.after = after
    }

    /// By how much a counter has grown, summed over the series with these labels; nil when it is
    /// not there, or when the server was started anew in between.
    func growth(_ name: String, _ labels: [String: String] = [:]) -> Int? {
        guard let now = after.sum(name, labels) else { return nil }
        let growth = now - (before.sum(name, labels) ?? 0)
        return growth >= 0 ? Int(growth) : nil
    }

    /// What a histogram has observed; nil when it is not there or was started anew.
    func observed(_ name: String, _ labels: [String: String] = [:]) -> ObservedTimes? {
        let earlier = Self.cumulative(before, name, labels)
        var buckets: [(bound: Double, count: Int)] = []
        for (bound, value) in Self.cumulative(after, name, labels) {
            let count = value - (earlier[bound] ?? 0)
            guard count >= 0 else { return nil }
            buckets.append((bound, Int(count)))
        }
        buckets.sort { $0.bound < $1.bound }
        guard let last = buckets.last, last.bound == .infinity else { return nil }
        return ObservedTimes(buckets: buckets)
    }

    private static func cumulative(
        _ page: MetricsPage, _ name: String, _ labels: [String: String]
    ) -> [Double: Double] {
        var counts: [Double: Double] = [:]
        for sample in page.samples(name + "_bucket", labels) {
            guard let text = sample.labels["le"] else { continue }
            guard let bound = text == "+Inf" ? .infinity : Double(text) else { continue }
            counts[bound, default: 0] += sample.value
        }
        return counts
    }
}

/// Durations that a server's histogram has observed, known by its buckets.
struct ObservedTimes: Sendable {
    /// Cumulative, by rising bound in seconds; the last bound is infinite.
    private let buckets: [(bound: Double, count: Int)]

    /// Times in these buckets, of which there is at least one.
    init(buckets: [(bound: Double, count: Int)]) {
        self.buckets = buckets
    }

    /// How many there are.
    var count: Int { buckets.last?.count ?? 0 }

    /// How many are known to be at most so long: by the bucket with this bound, or else by the
    /// next one below.
    func within(nanoseconds: UInt64) -> Int {
        // Half a nanosecond of tolerance: the bound was written and read as decimal text.
        let limit = (Double(nanoseconds) + 0.5) / 1e9
        return buckets.last { $0.bound <= limit }?.count ?? 0
    }

    /// The bound in nanoseconds that 99 % of them are known to keep; nil when there is none.
    var boundOf99Percent: UInt64? {
        let bucket = buckets.first { RequirementLimits.isTargetMet($0.count, of: count) }
        guard let bucket, bucket.bound.isFinite else { return nil }
        return UInt64((bucket.bound * 1e9).rounded())
    }
}
