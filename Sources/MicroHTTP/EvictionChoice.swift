/// Which connections go when they run short. A value.
///
/// Those of the address that holds most go first, so that all addresses come down to one level;
/// of an address those that have waited longest. One that carried a genuine webhook goes only
/// when nobody else is left, so a proxy, which is one address, keeps what it works with.
struct EvictionChoice {
    /// What one source has.
    private struct Holder {
        /// All of its connections.
        var count = 0
        /// Those that may go, as places in `waiting`.
        var places: [Int] = []
    }

    private var holders: [[UInt8]: Holder] = [:]
    private var proven: [[UInt8]: Holder] = [:]
    private var waiting: [(slot: Int32, sinceNanoseconds: UInt64, isFresh: Bool)] = []

    /// No connections.
    init() {}

    /// Counts a connection of a peer; `waitingSince` is when it began to say nothing, in
    /// nanoseconds of the monotonic clock, nil for one that may not go. One that `isFresh` stays,
    /// but nobody else goes in its place.
    mutating func add(
        slot: Int32, peer: [UInt8], waitingSince: UInt64?, isFresh: Bool = false, isProven: Bool
    ) {
        let source = Self.source(peer)
        let place = waiting.count
        if let waitingSince { waiting.append((slot, waitingSince, isFresh)) }
        // Written in place: a holder that is taken out and put back is copied.
        func note(_ holder: inout Holder) {
            holder.count += 1
            if waitingSince != nil { holder.places.append(place) }
        }
        if isProven {
            note(&proven[source, default: Holder()])
        } else {
            note(&holders[source, default: Holder()])
        }
    }

    /// The slots of up to `count` connections that go.
    func slots(_ count: Int) -> [Int32] {
        let chosen = choose(count, from: holders)
        let all = chosen + choose(count - chosen.count, from: proven)
        return all.filter { !waiting[$0].isFresh }.map { waiting[$0].slot }
    }

    private func choose(_ count: Int, from holders: [[UInt8]: Holder]) -> [Int] {
        guard count > 0 else { return [] }
        // The highest level to which all can come down so that enough go.
        var (low, high) = (0, holders.values.lazy.map(\.count).max() ?? 0)
        while low < high {
            let level = (low + high + 1) / 2
            let freed = holders.values.reduce(0) { $0 + Self.above(level, $1) }
            if freed >= count { low = level } else { high = level - 1 }
        }
        var chosen: [Int] = []
        for holder in holders.values {
            let places = holder.places.sorted {
                waiting[$0].sinceNanoseconds < waiting[$1].sinceNanoseconds
            }
            chosen += places.prefix(Self.above(low, holder))
        }
        return Array(chosen.prefix(count))
    }

    private static func above(_ level: Int, _ holder: Holder) -> Int {
        min(holder.places.count, max(0, holder.count - level))
    }

    /// What counts as one source: an IPv4 address, also as it comes over an IPv6 socket (RFC 4291,
    /// section 2.5.5.2), or the 64 bits of an IPv6 address that a network is given.
    static func source(_ peer: [UInt8]) -> [UInt8] {
        guard peer.count == 16 else { return peer }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        return peer.starts(with: mapped) ? Array(peer.dropFirst(12)) : Array(peer.prefix(8))
    }
}
