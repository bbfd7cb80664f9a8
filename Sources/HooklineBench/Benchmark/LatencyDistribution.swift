import Histogram

/// Durations as a histogram of three significant digits (HdrHistogram), with the longest exactly.
struct LatencyDistribution: Sendable {
    /// Beyond this a duration counts as this long in the percentiles: above any run's bound.
    private static let nanosecondsMax: UInt64 = 2 * 3600 * 1_000_000_000

    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1000, highestTrackableValue: Self.nanosecondsMax,
        numberOfSignificantValueDigits: .three)
    /// The longest in nanoseconds; 0 without any.
    private(set) var longest: UInt64 = 0

    /// Adds a duration.
    mutating func record(nanoseconds: UInt64) {
        histogram.record(min(nanoseconds, Self.nanosecondsMax))
        longest = max(longest, nanoseconds)
    }

    /// How many there are.
    var count: Int { Int(histogram.totalCount) }

    /// The nearest-rank percentile in nanoseconds, at most 0.1 % above it; 0 without durations.
    func percentile(_ percent: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        return percent >= 100 ? longest : min(longest, histogram.valueAtPercentile(percent))
    }
}
