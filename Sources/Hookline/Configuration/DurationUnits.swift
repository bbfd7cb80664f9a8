extension Duration {
    /// The duration in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The duration in nanoseconds; a negative one reads as 0.
    var nanoseconds: UInt64 {
        let whole = UInt64(max(0, components.seconds)) &* 1_000_000_000
        return whole &+ UInt64(max(0, components.attoseconds) / 1_000_000_000)
    }

    /// The duration in milliseconds, rounded down.
    var milliseconds: Int64 { Int64(nanoseconds / 1_000_000) }
}
