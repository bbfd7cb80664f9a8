import Foundation
import Testing

@testable import POSIX

@Suite struct ProcessMemoryTests {
    /// Pages of four kilobytes that the process has in memory.
    private func residentPages() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return Int(text.split(separator: " ")[1]) ?? 0
    }

    @Test func `memory that is free goes back to the system`() throws {
        // Small pieces, so that the C library keeps them, and one at the end that stays.
        var pieces = (0..<100_000).map {
            [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 1000)
        }
        let last = pieces.removeLast()
        let full = try residentPages()
        pieces = []
        ProcessMemory.giveBack()
        #expect(try residentPages() < full - 15_000)
        #expect(last.count == 1000)
    }

    @Test func `the processor's time rises with work`() {
        let before = ProcessMemory.processorNanoseconds()
        var sum: UInt64 = 0
        while ProcessMemory.processorNanoseconds() == before { sum &+= 1 }
        #expect(ProcessMemory.processorNanoseconds() > before)
    }
}
