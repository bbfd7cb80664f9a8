import Testing

@testable import Redis

@Suite struct SentinelOrderTests {
    @Test func `one that answered is asked first, one that failed last`() {
        var order = SentinelOrder(count: 4)
        #expect(order.places == [0, 1, 2, 3])
        order.failed(0)
        order.answered(1)
        #expect(order.places == [1, 2, 3, 0])
        order.failed(1)
        #expect(order.places == [2, 3, 0, 1])
        order.answered(0)
        #expect(order.places == [0, 2, 3, 1])
    }

    @Test func `one that misled is asked after the others that answer, and before the dead`() {
        var order = SentinelOrder(count: 3)
        order.failed(1)
        order.answered(0)
        order.misled()
        #expect(order.places == [2, 0, 1])
        // Nobody has said anything since.
        order.misled()
        #expect(order.places == [2, 0, 1])
    }
}
