import POSIX
import Testing

@Suite struct CopiedSpanTests {
    @Test func `bytes and texts are appended one after the other`() {
        let empty: [UInt8] = []
        for count in [0, 1, 7, 64, 5000] {
            let piece = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let joined = [UInt8](room: 2 * count + 3) { output in
                output.append(copying: piece.span)
                output.append(copying: "a")
                output.append(copying: "")
                output.append(copying: empty.span)
                output.append(copying: piece.span)
                output.append(0xff)
            }
            #expect(joined == piece + [0x61] + piece + [0xff])
        }
    }

    @Test func `room that is not used is not there`() {
        #expect([UInt8](room: 10) { _ in } == [])
        #expect([UInt8](room: 0) { _ in } == [])
        #expect([UInt8](room: 10) { $0.append(1) } == [1])
    }
}
