import POSIX
import Testing

@testable import Hookline

@Suite struct BurstMemoryTests {
    private let second: UInt64 = 1_000_000_000

    /// Looks once a second at a process that uses these shares of a processor, in percent; returns
    /// the seconds in which memory was given back.
    private func given(_ shares: [UInt64]) -> [Int] {
        var memory = BurstMemory(nowNanoseconds: 0, processorNanoseconds: 0)
        var used: UInt64 = 0
        return shares.indices.filter { index in
            used += shares[index] * second / 100
            return memory.isTime(nowNanoseconds: UInt64(index + 1) * second) { used }
        }
    }

    @Test func `memory is given back once, when a burst is over`() {
        let quiet = [UInt64](repeating: 1, count: 20)
        let busy = [UInt64](repeating: 150, count: 10)
        #expect(given(quiet) == [])
        #expect(given(busy) == [])
        #expect(given(quiet + busy + quiet + quiet) == [34])
        #expect(given(busy + quiet + busy + quiet) == [14, 44])
        // Neither busy nor quiet: it waits.
        #expect(given(busy + [UInt64](repeating: 15, count: 20) + quiet) == [34])
    }

    @Test func `the processor's time is read once in five seconds`() {
        var memory = BurstMemory(nowNanoseconds: 0, processorNanoseconds: 0)
        var reads = 0
        for tick in 1...1000 {
            _ = memory.isTime(nowNanoseconds: UInt64(tick) * 10_000_000) {
                reads += 1
                return 0
            }
        }
        #expect(reads == 2)
    }
}
