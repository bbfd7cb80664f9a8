import Glibc

/// Who goes when the connections of a loop run short.
///
/// Accepting never stops: above eight tenths of the connections those go that keep a place and say
/// nothing, down to seven tenths (`EvictionChoice` says which). Confined to the loop's thread.
extension LoopCore {
    /// A new connection has this much time for its request in any case.
    private static let freshNanoseconds: UInt64 = 100_000_000
    /// A body or a reply that takes longer than this may go while connections are short.
    private static let slowNanoseconds: UInt64 = 1_000_000_000

    /// Looks once a turn; costs a comparison while there is room.
    func relieve() {
        let held = table.count - table.evicting
        guard held > options.connectionsMax * 8 / 10, !isDraining else { return }
        var choice = EvictionChoice()
        // By index: an element that is copied is retained and released.
        for index in table.slots.indices
        where table.slots[index].phase != .free && !table.slots[index].isEvicted {
            let (since, grace) = waiting(index)
            choice.add(
                slot: Int32(index), peer: table.slots[index].peer, waitingSince: since,
                isFresh: wokeNanoseconds < (since ?? 0) + grace,
                isProven: table.slots[index].isProven)
        }
        for slot in choice.slots(held - options.connectionsMax * 7 / 10) {
            table.evict(slot)
            // libmicrohttpd finds the connection closed, and frees it.
            shutdown(table[slot].descriptor, Int32(SHUT_RDWR))
        }
    }

    /// Since when a connection has kept its place without getting on, nil for one that works, and
    /// how long it may.
    private func waiting(_ index: Int) -> (since: UInt64?, graceNanoseconds: UInt64) {
        let since = table.slots[index].phaseNanoseconds
        switch table.slots[index].phase {
        case .idle: return (since, 0)
        case .head: return (since, Self.freshNanoseconds)
        case .body, .replying: return (since, Self.slowNanoseconds)
        case .free, .complete, .asked, .handling, .held, .suspended, .answered: return (nil, 0)
        }
    }
}
