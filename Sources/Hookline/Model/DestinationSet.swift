/// Some of the configured destinations: those that one webhook is for.
///
/// A webhook that is stored has a row for each. The rows have consecutive numbers in the order of
/// the destinations; the last one is the message's own number.
struct DestinationSet: Hashable, Sendable {
    /// None.
    static let none = DestinationSet(bits: 0)
    /// The first destination, which is the only one where there is one.
    static let first = DestinationSet(.first)

    private var bits: UInt64

    private init(bits: UInt64) { self.bits = bits }

    init(_ number: DestinationNumber) { bits = 1 << UInt64(number.place) }

    init(_ numbers: some Sequence<DestinationNumber>) {
        self.init(bits: 0)
        for number in numbers { insert(number) }
    }

    var isEmpty: Bool { bits == 0 }

    var count: Int { bits.nonzeroBitCount }

    func contains(_ number: DestinationNumber) -> Bool {
        bits & 1 << UInt64(number.place) != 0
    }

    mutating func insert(_ number: DestinationNumber) { bits |= 1 << UInt64(number.place) }

    mutating func remove(_ number: DestinationNumber) { bits &= ~(1 << UInt64(number.place)) }

    func union(_ other: DestinationSet) -> DestinationSet {
        DestinationSet(bits: bits | other.bits)
    }

    func subtracting(_ other: DestinationSet) -> DestinationSet {
        DestinationSet(bits: bits & ~other.bits)
    }

    /// The number of the row of a destination that is in the set, where the last row has `last`.
    func row(of number: DestinationNumber, last: Int64) -> Int64 {
        // Those that come behind it.
        last - Int64((bits >> UInt64(number.place)).nonzeroBitCount) + 1
    }
}

extension DestinationSet: Sequence {
    /// Goes through the set in the order of the configuration.
    struct Iterator: IteratorProtocol {
        fileprivate var left: UInt64

        mutating func next() -> DestinationNumber? {
            guard left != 0 else { return nil }
            defer { left &= left - 1 }
            return DestinationNumber(left.trailingZeroBitCount)
        }
    }

    func makeIterator() -> Iterator { Iterator(left: bits) }
}
