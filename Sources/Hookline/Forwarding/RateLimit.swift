/// How many attempts a destination gets in a second: a bucket that fills at a steady rate, and
/// holds a tenth of a second's, or one. Confined to the forwarding thread; times are nanoseconds of
/// the monotonic clock.
struct RateLimit {
    private let perSecond: Double
    private let capacity: Double
    private var tokens: Double
    private var filledAt: UInt64?

    /// Nil for no limit.
    init?(perSecond: Double?) {
        guard let perSecond else { return nil }
        self.perSecond = perSecond
        capacity = max(1, perSecond / 10)
        tokens = 1
    }

    /// How many attempts may begin now.
    mutating func room(at now: UInt64) -> Int {
        let passed = Double(now - min(now, filledAt ?? now)) / 1e9
        tokens = min(capacity, tokens + passed * perSecond)
        filledAt = now
        return Int(tokens)
    }

    /// An attempt began.
    mutating func took() { tokens -= 1 }

    /// When it is worth while to look again, after `room`: as soon as one may begin, but not more
    /// than a hundred times a second; nil while one may.
    func nextNanoseconds(after now: UInt64) -> UInt64? {
        guard tokens < 1 else { return nil }
        let wanted = min(capacity, max(1, perSecond / 100))
        return now + UInt64((wanted - tokens) / perSecond * 1e9) + 1
    }
}
