import Testing

@testable import MicroHTTP

/// Who goes when connections run short.
@Suite struct EvictionChoiceTests {
    private static let (here, there): ([UInt8], [UInt8]) = ([192, 0, 2, 1], [192, 0, 2, 2])

    /// A choice among connections that wait since 100, 101, ….
    private func choice(
        _ peers: [[UInt8]], working: Set<Int> = [], proven: Set<Int> = []
    ) -> EvictionChoice {
        var choice = EvictionChoice()
        for (index, peer) in peers.enumerated() {
            choice.add(
                slot: Int32(index), peer: peer,
                waitingSince: working.contains(index) ? nil : UInt64(100 + index),
                isProven: proven.contains(index))
        }
        return choice
    }

    @Test func `the address that holds most comes down first, the oldest before the others`() {
        let choice = choice([Self.there] + Array(repeating: Self.here, count: 9))
        #expect(Set(choice.slots(3)) == [1, 2, 3])
        #expect(choice.slots(0) == [])
    }

    @Test func `all addresses come down to one level`() {
        let peers =
            Array(repeating: Self.here, count: 6) + Array(repeating: Self.there, count: 4)
            + [[192, 0, 2, 3]]
        #expect(Set(choice(peers).slots(6)) == [0, 1, 2, 3, 6, 7])
    }

    @Test func `connections that work count for their address and stay`() {
        let choice = choice(Array(repeating: Self.here, count: 5), working: [0, 1, 2])
        #expect(Set(choice.slots(4)) == [3, 4])
    }

    @Test func `what carried a genuine webhook goes last`() {
        let peers = Array(repeating: Self.here, count: 6) + [Self.there, Self.there]
        let choice = choice(peers, proven: [0, 1, 2, 3, 4, 5])
        #expect(Set(choice.slots(2)) == [6, 7])
        #expect(Set(choice.slots(3)) == [0, 6, 7])
    }

    @Test func `what carried a genuine webhook does not go for what has just come`() {
        var choice = choice([Self.here, Self.here], proven: [0, 1])
        #expect(choice.slots(1) == [0])
        choice.add(slot: 9, peer: Self.there, waitingSince: 900, isFresh: true, isProven: false)
        #expect(choice.slots(1) == [])
        #expect(choice.slots(2) == [0])
    }

    @Test func `IPv6 counts by 64 bits, and IPv4 within it by its own`() {
        let one: [UInt8] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
        let other = Array(one.dropLast()) + [9]
        #expect(EvictionChoice.source(one) == EvictionChoice.source(other))
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        #expect(EvictionChoice.source(mapped + Self.here) == Self.here)
        #expect(EvictionChoice.source(mapped + Self.there) == Self.there)
    }
}
