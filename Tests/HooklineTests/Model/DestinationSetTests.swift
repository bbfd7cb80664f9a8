import Testing

@testable import Hookline

@Suite struct DestinationSetTests {
    @Test func `rows of a message have consecutive numbers that end with its own`() {
        let numbers = [0, 3, 5, 31].map { DestinationNumber($0) }
        let set = DestinationSet(numbers)
        #expect(set.count == 4 && Array(set) == numbers)
        #expect(numbers.map { set.row(of: $0, last: 100) } == [97, 98, 99, 100])
        #expect(DestinationSet.first.row(of: .first, last: 7) == 7)
    }

    @Test func `what is put in is there until it is taken out`() {
        var set = DestinationSet.none
        #expect(set.isEmpty && !set.contains(.first))
        set.insert(DestinationNumber(4))
        set.insert(.first)
        #expect(set.contains(DestinationNumber(4)) && set.contains(.first))
        set.remove(.first)
        #expect(set == DestinationSet(DestinationNumber(4)))
        #expect(set.union(.first).subtracting(set) == .first)
    }

    @Test func `a name has the same number everywhere, and default has 0`() {
        #expect(DestinationName("default").code == 0)
        #expect(DestinationName("bot").code == DestinationName("bot").code)
        #expect(DestinationName("bot").code != DestinationName("bots").code)
        #expect((1..<1 << 32).contains(DestinationName("audit").code))
        for name in ["bot", "a", "0-a_b", String(repeating: "a", count: 32)] {
            #expect(DestinationName.isValid(name))
        }
        for name in ["", "-a", "A", "a b", "ä", String(repeating: "a", count: 33)] {
            #expect(!DestinationName.isValid(name))
        }
    }

    @Test func `a place in the queue is read as it was written, and old rows are for default`() {
        for destination in [0, 1, DestinationName("bot").code, 1 << 32 - 1] as [Int64] {
            for priority in DeliveryPriority.allCases {
                let place = DeliveryPlace(destination: destination, priority)
                #expect(DeliveryPlace(code: place.code) == place)
            }
        }
        #expect(DeliveryPlace(code: 0) == DeliveryPlace(.high))
        #expect(DeliveryPlace(code: 1) == DeliveryPlace(.normal))
    }
}
