import Testing

@testable import Hookline

/// One source cannot have all of what many share.
@Suite struct FairRoomTests {
    /// Lets a source take one at a time until it is refused; says what it holds then.
    private func fill(_ room: inout FairRoom, _ source: UInt8) -> Int {
        while room.admits(1, of: [source], isKnown: false) { room.add(1, of: [source]) }
        return room[[source]]
    }

    @Test func `a source alone comes to a fifth of what is for everybody`() {
        var room = FairRoom(capacity: 1000)
        // Three quarters are for whom nobody knows: 750.
        #expect(fill(&room, 1) == 150)
        #expect(fill(&room, 2) == 120)
    }

    @Test func `ten sources that take what they can leave a tenth to the next`() {
        var room = FairRoom(capacity: 100_000)
        for source in UInt8(0)..<10 { _ = fill(&room, source) }
        #expect((7500...8100).contains(75_000 - room.used))
        #expect(fill(&room, 11) > 1000)
    }

    @Test func `a small room is not cut in pieces`() {
        var room = FairRoom(capacity: 80, floor: 50)
        #expect(fill(&room, 1) == 50)
        #expect(fill(&room, 2) == 10)
    }

    @Test func `a last quarter is kept for who is known`() {
        var room = FairRoom(capacity: 100)
        for source in UInt8(0)..<200 { _ = fill(&room, source) }
        #expect(room.used <= 75)
        let free = 100 - room.used
        #expect(room.admits(free, of: [7], isKnown: true))
        #expect(!room.admits(free + 1, of: [7], isKnown: true))
    }

    @Test func `what is given back is free again`() {
        var room = FairRoom(capacity: 8)
        let held = fill(&room, 1)
        #expect(!room.admits(1, of: [1], isKnown: false))
        room.remove(held, of: [1])
        #expect(room == FairRoom(capacity: 8))
    }

    @Test(arguments: [1, 2, 3, Int.max])
    func `small and endless rooms take the first`(_ capacity: Int) {
        #expect(FairRoom(capacity: capacity).admits(1, of: [1], isKnown: false))
    }

    @Test func `a room of nothing takes nothing`() {
        #expect(!FairRoom(capacity: 0).admits(1, of: [1], isKnown: true))
    }
}
