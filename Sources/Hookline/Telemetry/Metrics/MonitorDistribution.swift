/// Durations that were observed within the window, by `MonitorBuckets`.
struct MonitorDistribution: Sendable {
    private let counts: [UInt32]
    /// How many there are.
    let total: UInt64

    /// What came between two sums of one distribution.
    init(from old: [UInt32], to new: [UInt32]) {
        counts = zip(new, old).map { $0 &- $1 }
        total = counts.reduce(0) { $0 + UInt64($1) }
    }

    /// The duration that `hundredths` per cent of the observations do not exceed, nearest rank, in
    /// nanoseconds: never below the exact one and at most a sixteenth above it (or 1.024 µs, if
    /// that is more); nil without observations.
    func quantile(hundredths: UInt64) -> UInt64? {
        guard total > 0 else { return nil }
        let rank = Self.rank(hundredths: hundredths, of: total)
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() where count > 0 {
            seen += UInt64(count)
            if seen >= rank { return MonitorBuckets.upperEdge(index) }
        }
        return nil
    }

    /// The place of a quantile among `total` observations in rising order, counted from 1.
    static func rank(hundredths: UInt64, of total: UInt64) -> UInt64 {
        max(1, (total * hundredths + 99) / 100)
    }
}
