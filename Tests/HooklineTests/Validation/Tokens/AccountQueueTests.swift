import Testing

@testable import Hookline

/// Who is asked for next.
@Suite struct AccountQueueTests {
    private func name(_ number: Int) -> [UInt8] { Array("AC\(number)".utf8) }

    private func taken(_ queue: inout AccountQueue, _ count: Int) -> [String] {
        (0..<count).compactMap { _ in queue.take().map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test func `who makes up a thousand accounts waits behind his own`() {
        var queue = AccountQueue(unknownMax: 1000, knownMax: 10)
        for number in 0..<2000 { _ = queue.add(name(number), of: [1], isKnown: false) }
        let isTaken = queue.add(name(5000), of: [2], isKnown: false)
        #expect(isTaken)
        #expect(taken(&queue, 3) == ["AC0", "AC5000", "AC1"])
    }

    @Test func `known accounts come first`() {
        var queue = AccountQueue(unknownMax: 10, knownMax: 10)
        for number in 0..<3 { _ = queue.add(name(number), of: [1], isKnown: false) }
        for number in 7..<9 { _ = queue.add(name(number), of: [1], isKnown: true) }
        #expect(taken(&queue, 9) == ["AC7", "AC8", "AC0", "AC1", "AC2"])
        #expect(queue.isEmpty)
    }

    @Test func `both kinds are bounded`() {
        var queue = AccountQueue(unknownMax: 100, knownMax: 2)
        let known = (0..<3).map { queue.add(name($0), of: [1], isKnown: true) }
        #expect(known == [true, true, false])
        let others = (0..<300).filter { queue.add(name($0), of: [1], isKnown: false) }.count
        #expect(others == 16)
        // Another source still finds a place, and what was taken out is free again.
        let isTaken = queue.add(name(900), of: [2], isKnown: false)
        #expect(isTaken)
        _ = taken(&queue, 400)
        #expect(queue.isEmpty)
        let again = (0..<300).filter { queue.add(name($0), of: [1], isKnown: false) }.count
        #expect(again == others)
    }
}
