import POSIX
import Testing

@Suite struct ByteRunsTests {
    private let ends = RunEnds(0x26, 0x00, 0x80, 0xff)

    private func run(_ input: [UInt8], _ start: Int, after head: [UInt8]) -> ([UInt8], Int) {
        var stop = -1
        let output = [UInt8](room: head.count + input.count - start) { output in
            for byte in head { output.append(byte) }
            stop = output.append(runOf: input.span, from: start, to: ends)
        }
        return (output, stop)
    }

    @Test func `a run ends at each of its ends and nowhere else`() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<20 {
                var input = [UInt8](repeating: 0x61, count: 20)
                input[place] = byte
                let isEnd = [0x26, 0x00, 0x80, 0xff].contains(byte)
                let (output, stop) = run(input, 0, after: [])
                #expect(stop == (isEnd ? place : 20))
                #expect(output == Array(input[..<stop]))
            }
        }
    }

    @Test func `what follows the run is not appended, and what was there stays`() {
        var random = SystemRandomNumberGenerator()
        for count in 0..<40 {
            for _ in 0..<100 {
                let input = (0..<count).map { _ in
                    // Next to the ends, above and below, and the ends.
                    [0x25, 0x26, 0x27, 0x01, 0x00, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x61, 0x62]
                        .randomElement(using: &random) ?? UInt8(0)
                }
                let start = Int.random(in: 0...count, using: &random)
                let end =
                    input[start...].firstIndex { [0x26, 0x00, 0x80, 0xff].contains($0) } ?? count
                let (output, stop) = run(input, start, after: [1, 2, 3])
                #expect(stop == end)
                #expect(output == [1, 2, 3] + input[start..<end])
            }
        }
    }
}
