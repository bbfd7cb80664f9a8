import Deflate
import Testing

@Suite struct CRC32Tests {
    @Test func `it is the checksum of gzip, over parts as over the whole`() {
        let bytes = Array("123456789".utf8)
        var whole = CRC32()
        whole.update(bytes.span)
        // The value that every description of this CRC gives for these digits.
        #expect(whole.value == 0xcbf4_3926)
        var parts = CRC32()
        for part in [bytes[..<4], bytes[4..<4], bytes[4...]] {
            parts.update(Array(part).span)
        }
        #expect(parts.value == whole.value)
        #expect(CRC32().value == 0)
    }
}
