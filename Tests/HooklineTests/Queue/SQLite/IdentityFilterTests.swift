import Testing

@testable import Hookline

@Suite struct IdentityFilterTests {
    private func identities(_ kind: String, _ count: Int) -> [Identity] {
        (0..<count).map { Identity(account: [0x41], messageSID: Array("\(kind)\($0)".utf8)[...]) }
    }

    @Test(arguments: [32, 1024, 65_536])
    func `a full filter is never wrong about what it has and seldom about what it has not`(
        _ capacity: Int
    ) {
        var filter = IdentityFilter(capacity: capacity)
        let added = identities("SM", capacity)
        let others = identities("MM", 20_000)
        #expect(others.allSatisfy { !filter.mayHold($0) })
        for identity in added { filter.add(identity) }
        #expect(added.allSatisfy(filter.mayHold))
        #expect(filter.count == capacity && !filter.isFull)
        // 0.3 % by the formula for lines of 512 bits; a small filter's lines differ more.
        #expect(others.count(where: filter.mayHold) < 400)
        filter.add(others[0])
        #expect(filter.isFull)
    }

    @Test func `a filter is as large as is wanted`() {
        #expect(IdentityFilter(capacity: 0).capacity == 32)
        #expect(IdentityFilter(capacity: 1000).capacity == 1024)
        #expect(IdentityFilter.capacity(for: 1_000_000_000) == 1 << 30)
    }

    /// Fills the filter whenever it asks for it; returns its capacity.
    private func fill(_ filter: inout IndexFilter, _ indexed: [Identity]) -> Int? {
        while filter.isFilling {
            let rest = indexed.sorted { ($0.high, $0.low) < ($1.high, $1.low) }
            filter.read(rest, isLast: true)
        }
        return filter.capacity
    }

    @Test func `the filter over an index grows with it up to its bound in bytes`() {
        var filter = IndexFilter(capacity: 32, indexed: 0, bytesMax: 1000)
        var indexed: [Identity] = []
        for identity in identities("SM", 2000) {
            filter.add(identity)
            indexed.append(identity)
            _ = fill(&filter, indexed)
        }
        // 256 identities take 512 bytes, 512 would take 1,024.
        #expect(filter.capacity == 256)
        #expect(indexed.allSatisfy(filter.mayHold))
    }

    @Test func `when most has left the index, a new filter begins without it`() {
        var filter = IndexFilter(capacity: 32, indexed: 0)
        let old = identities("SM", 300)
        for (index, identity) in old.enumerated() {
            filter.add(identity)
            _ = fill(&filter, Array(old[...index]))
        }
        #expect(filter.capacity ?? 0 >= 512)
        filter.indexed(leaving: 300)
        let new = identities("MM", 1500)
        for (index, identity) in new.enumerated() {
            filter.add(identity)
            filter.indexed(leaving: 300 + index - min(index, 20))
            _ = fill(&filter, Array(new[...index].suffix(20)))
        }
        #expect((filter.capacity ?? 0) <= 64)
        #expect(old.count(where: filter.mayHold) < 100)
    }

    @Test func `until an index was read to its end everything may be in it`() {
        var filter = IndexFilter(capacity: 64, indexed: 6)
        let indexed = identities("SM", 6).sorted { ($0.high, $0.low) < ($1.high, $1.low) }
        let other = identities("MM", 1)[0]
        filter.read(Array(indexed[..<3]), isLast: false)
        #expect(filter.isFilling && filter.position == indexed[2])
        // Enters meanwhile, behind the position.
        let late = identities("LM", 1)[0]
        filter.add(late)
        #expect(filter.mayHold(other))
        filter.read(Array(indexed[2...]), isLast: true)
        #expect(!filter.isFilling && !filter.mayHold(other))
        #expect((indexed + [late]).allSatisfy(filter.mayHold))
    }

    @Test func `a full filter serves until a larger one was filled`() {
        var filter = IndexFilter(capacity: 32, indexed: 0)
        let indexed = identities("SM", 33)
        for identity in indexed { filter.add(identity) }
        #expect(filter.isFilling && filter.position == Identity(stored: []))
        let other = identities("MM", 100).first { !filter.mayHold($0) }
        #expect(other != nil)
        let late = identities("LM", 1)[0]
        filter.add(late)
        #expect((indexed + [late]).allSatisfy(filter.mayHold))
        filter.read(indexed, isLast: true)
        #expect(!filter.isFilling)
        #expect((indexed + [late]).allSatisfy(filter.mayHold))
    }
}
