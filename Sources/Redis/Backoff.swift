/// Waits that double up to a cap, each with jitter, so that many who failed together do not come
/// back together.
public struct Backoff: Sendable {
    /// The longest first wait, in nanoseconds.
    public var first: UInt64
    /// The longest wait of all, in nanoseconds.
    public var cap: UInt64
    private var longest: UInt64
    private let random: @Sendable () -> Double

    /// Waits from `first` up to `cap` nanoseconds; `random` gives numbers from 0 up to 1.
    public init(
        first: UInt64, cap: UInt64,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.first = first
        self.cap = cap
        self.random = random
        longest = min(first, cap)
    }

    /// The next wait: from half of what is due up to all of it.
    public mutating func next() -> UInt64 {
        defer { longest = longest > cap / 2 ? cap : longest * 2 }
        let half = longest / 2
        return longest - half + UInt64(Double(half) * random())
    }

    /// Begins again with the first wait.
    public mutating func reset() { longest = min(first, cap) }
}
