/// Says of most identities that the index does not have them, without reading it: a Bloom filter
/// whose bits of one identity lie in one line of the processor's cache (Putze, Sanders, Singler,
/// "Cache-, Hash- and Space-Efficient Bloom Filters", 2007). Confined to the store thread.
///
/// It takes 16 bits for each identity of its capacity; full, it is wrong about one in some
/// hundred that the index does not have, and never about one that it has.
struct IdentityFilter {
    private static let bitsOfIdentity = 6

    /// How many identities it is made for, a power of two.
    let capacity: Int
    /// How many were added, each time that one was.
    private(set) var count = 0
    /// Lines of 512 bits.
    private var words: [UInt64]
    private let lineMask: Int

    /// An empty filter for at least so many identities.
    init(capacity wanted: Int) {
        capacity = Self.capacity(for: wanted)
        words = [UInt64](repeating: 0, count: capacity / 4)
        lineMask = capacity / 32 - 1
    }

    /// The capacity of a filter for at least so many identities; it takes two bytes for each.
    static func capacity(for identities: Int) -> Int {
        var capacity = 32
        while capacity < identities { capacity *= 2 }
        return capacity
    }

    /// True when it holds more than it is made for.
    var isFull: Bool { count > capacity }

    /// Adds an identity.
    mutating func add(_ identity: Identity) {
        let line = line(of: identity)
        var bits = identity.low
        for _ in 0..<Self.bitsOfIdentity {
            words[line + Int(bits >> 6 & 7)] |= 1 << (bits & 63)
            bits >>= 9
        }
        count += 1
    }

    /// False when the identity was never added.
    func mayHold(_ identity: Identity) -> Bool {
        let line = line(of: identity)
        var bits = identity.low
        for _ in 0..<Self.bitsOfIdentity {
            if words[line + Int(bits >> 6 & 7)] & 1 << (bits & 63) == 0 { return false }
            bits >>= 9
        }
        return true
    }

    /// The first word of an identity's line. Identities are digests: any bits of them will do.
    private func line(of identity: Identity) -> Int {
        (Int(truncatingIfNeeded: identity.high) & lineMask) * 8
    }
}

/// The filter over an index, and the one that is to follow it. It is filled from the index
/// a slice at a time, because a large index takes seconds to read. Confined to the store thread.
///
/// It grows with the index up to `bytesMax`, which two bytes an identity come to; beyond, and
/// when most of what it holds has left the index, it is only wrong more often.
struct IndexFilter {
    /// Nil until the whole index was read.
    private var ready: IdentityFilter?
    /// Is being filled; nil when nothing is.
    private var next: IdentityFilter?
    /// The last identity that was read into `next`, in the order of the index.
    private(set) var position = Identity(stored: [])
    private let capacityMin: Int
    private let capacityMax: Int
    /// How many identities have entered the index, those of before included, and have left it.
    private var entered: Int
    private var left = 0

    /// `indexed`: about how many identities the index has; none, and it is ready.
    init(capacity: Int, indexed: Int, bytesMax: Int = 256 << 20) {
        capacityMin = capacity
        capacityMax = IdentityFilter.capacity(for: bytesMax / 2 + 1) / 2
        entered = indexed
        let filter = IdentityFilter(capacity: min(capacityMax, max(capacity, 2 * indexed)))
        if indexed == 0 { ready = filter } else { next = filter }
    }

    /// True while the index is to be read from `position` on.
    var isFilling: Bool { next != nil }

    /// How many identities the filter in use is made for; nil while none is.
    var capacity: Int? { ready?.capacity }

    /// False when the index certainly does not have the identity.
    func mayHold(_ identity: Identity) -> Bool { ready?.mayHold(identity) ?? true }

    /// So many identities have left the index, from the start on.
    mutating func indexed(leaving count: Int) { left = count }

    /// An identity enters the index.
    mutating func add(_ identity: Identity) {
        entered += 1
        ready?.add(identity)
        next?.add(identity)
        guard let full = ready, full.isFull, next == nil else { return }
        let indexed = max(0, entered - left)
        let capacity = min(
            capacityMax, IdentityFilter.capacity(for: max(capacityMin, 2 * indexed)))
        // One of the same size is better only if much of what this one holds has left.
        guard capacity > full.capacity || full.count > 2 * indexed else { return }
        // It goes on being used: it holds everything, and is only wrong more often.
        next = IdentityFilter(capacity: capacity)
        position = Identity(stored: [])
    }

    /// Some of the index was read, in its order; `isLast` when nothing follows.
    mutating func read(_ identities: [Identity], isLast: Bool) {
        for identity in identities { next?.add(identity) }
        if let last = identities.last { position = last }
        guard isLast else { return }
        ready = next
        next = nil
    }
}
