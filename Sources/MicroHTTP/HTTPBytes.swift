import Glibc

/// The classes of bytes of RFC 9110 and RFC 9112, and what is found by them.
enum HTTPBytes {
    static let feed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let space: UInt8 = 0x20

    /// A `tchar` of RFC 9110, section 5.6.2.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // One bit a byte below 128: the test is on the path of every request.
        let bits: UInt64 = byte < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe
        return byte < 128 && bits >> UInt64(byte & 63) & 1 == 1
    }

    /// Space or tab (`OWS`, RFC 9110, section 5.6.3).
    @inline(__always)
    static func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// What may stand in a value: no control character other than a tab (RFC 9110, section 5.5).
    @inline(__always)
    static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 ? byte != 0x7f : byte == 0x09 }

    /// True when all bytes may stand in a value.
    static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        // Eight at a time: the highest bit of a byte that is below 0x20, or 0x7f.
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let delete = word ^ 0x7f7f_7f7f_7f7f_7f7f
            let found =
                (word &- 0x2020_2020_2020_2020) & ~word
                | (delete &- 0x0101_0101_0101_0101) & ~delete
            if found & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        return bytes[index...].allSatisfy(isText)
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// The value of a hexadecimal digit, nil for another byte.
    static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x37
        case 0x61...0x66: Int(byte) - 0x57
        default: nil
        }
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }

    /// True when bytes are a word, which is written in lower case, in any case.
    @inline(__always)
    static func equals(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where lowercased(bytes[index]) != word.utf8Start[index] {
            return false
        }
        return true
    }

    /// True when a comma-separated list has a member, which is written in lower case.
    static func list(_ value: UnsafeRawBufferPointer, contains word: StaticString) -> Bool {
        if equals(value, word) { return true }
        return value.split(separator: UInt8(ascii: ",")).contains { member in
            equals(trimmed(UnsafeRawBufferPointer(rebasing: member)), word)
        }
    }

    /// Bytes without the white space around them.
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var range = 0..<bytes.count
        while !range.isEmpty, isWhiteSpace(bytes[range.upperBound - 1]) {
            range = range.lowerBound..<range.upperBound - 1
        }
        while !range.isEmpty, isWhiteSpace(bytes[range.lowerBound]) {
            range = range.lowerBound + 1..<range.upperBound
        }
        return UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}
