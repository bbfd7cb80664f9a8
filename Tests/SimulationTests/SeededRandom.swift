/// Chance that comes again with its seed: SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var number = state
        number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
        number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
        return number ^ number >> 31
    }

    /// A number from 0 up to 1.
    mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }

    /// True with this probability.
    mutating func chance(_ probability: Double) -> Bool { fraction() < probability }

    /// A whole number of the range.
    mutating func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// One of them.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[Int(next() % UInt64(choices.count))]
    }

    /// A time of the range, in nanoseconds; the range is in milliseconds.
    mutating func time(_ milliseconds: ClosedRange<Double>) -> UInt64 {
        let span = milliseconds.upperBound - milliseconds.lowerBound
        return UInt64((milliseconds.lowerBound + span * fraction()) * 1e6)
    }
}
