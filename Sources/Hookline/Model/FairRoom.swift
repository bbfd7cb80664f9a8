/// Room that many sources share: one that has much of it leaves some for the others. A value.
///
/// A source may hold up to a quarter of what is free, so its bound falls as the room fills (dynamic
/// thresholds: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6 (2), 1998). One source
/// alone comes to a fifth, and ten that each take what they can leave a tenth. Nothing that is in
/// the room has to leave it. What is known to be wanted may have all of the room, and the last
/// quarter for itself.
struct FairRoom: Sendable, Equatable {
    private static let part = 4

    /// What is held by all.
    private(set) var used = 0
    private let capacity: Int
    private let capacityForUnknown: Int
    private let floor: Int
    private var shares: [[UInt8]: Int] = [:]

    /// An empty room of this capacity, in whatever it is counted in; a source may always hold
    /// `floor` of it while there is room.
    init(capacity: Int, floor: Int = 1) {
        self.capacity = capacity
        capacityForUnknown = capacity - capacity / 4
        self.floor = floor
    }

    /// What a source holds of it.
    subscript(source: [UInt8]) -> Int { shares[source] ?? 0 }

    /// Sources that hold something.
    var sources: Int { shares.count }

    /// True when a source may have this much more.
    func admits(_ amount: Int, of source: [UInt8], isKnown: Bool) -> Bool {
        if isKnown { return used + amount <= capacity }
        let free = capacityForUnknown - used
        return amount <= free && self[source] + amount <= max(free / Self.part, floor)
    }

    /// Counts what a source took.
    mutating func add(_ amount: Int, of source: [UInt8]) {
        used += amount
        shares[source, default: 0] += amount
    }

    /// Counts what a source gave back.
    mutating func remove(_ amount: Int, of source: [UInt8]) {
        used -= amount
        let left = self[source] - amount
        shares[source] = left > 0 ? left : nil
    }
}
