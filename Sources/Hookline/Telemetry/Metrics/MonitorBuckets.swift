/// The buckets of the monitor's distributions: sixteen to each power of two of nanoseconds.
///
/// A bucket's upper edge, which is inclusive, is at most a sixteenth above its lower one, so a
/// quantile that is read as an upper edge is never below the exact one and at most 6.25 % above.
enum MonitorBuckets {
    /// How many there are: one up to 1.024 µs, sixteen for each doubling up to 2^46 ns (19 h
    /// 33 min), one for what is longer.
    static let count = 578

    private static let lowestPower = 10
    private static let highestPower = 46

    /// The bucket of a duration.
    static func index(nanoseconds: UInt64) -> Int {
        guard nanoseconds > 1 << lowestPower else { return 0 }
        guard nanoseconds <= 1 << highestPower else { return count - 1 }
        // One less, because an edge belongs to the bucket below it.
        let value = nanoseconds - 1
        let power = 63 - value.leadingZeroBitCount
        let sixteenth = Int(truncatingIfNeeded: value >> UInt64(power - 4)) & 15
        return 1 + (power - lowestPower) * 16 + sixteenth
    }

    /// The upper edge of a bucket in nanoseconds; the last one has the edge of the one before it.
    static func upperEdge(_ index: Int) -> UInt64 {
        guard index > 0 else { return 1 << lowestPower }
        let place = min(index, count - 2) - 1
        let power = lowestPower + place / 16
        return UInt64(17 + place % 16) << UInt64(power - 4)
    }
}
