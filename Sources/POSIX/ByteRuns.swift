/// Four byte values at which a run ends.
public struct RunEnds: Sendable {
    @usableFromInline let words: (UInt64, UInt64, UInt64, UInt64)

    /// The run ends before any of these.
    @inlinable public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        words = (
            ByteWord.filled(first), ByteWord.filled(second), ByteWord.filled(third),
            ByteWord.filled(fourth)
        )
    }

    /// The highest bit of each byte of `word` that ends a run, and perhaps of later ones.
    @inlinable func ends(in word: UInt64) -> UInt64 {
        ByteWord.zeros(word ^ words.0) | ByteWord.zeros(word ^ words.1)
            | ByteWord.zeros(word ^ words.2) | ByteWord.zeros(word ^ words.3)
    }
}

/// Eight bytes looked at together (Warren, "Hacker's Delight", 2nd edition, section 6-1).
@usableFromInline enum ByteWord {
    @usableFromInline static let ones: UInt64 = 0x0101_0101_0101_0101
    @usableFromInline static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Every byte is this one.
    @inlinable static func filled(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    /// The highest bit of the lowest byte that is 0, and perhaps of higher ones; 0 when none is.
    @inlinable static func zeros(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }
}

extension OutputSpan<UInt8> {
    /// Appends what lies in `input` from `start` up to the first byte of `ends`, or to the end of
    /// `input`; returns where that is. Traps without room for all that is left of `input`.
    ///
    /// It reads and writes eight bytes at a time: what it writes beyond the run lies beyond the
    /// count, where the next run goes.
    @inlinable public mutating func append(
        runOf input: Span<UInt8>, from start: Int, to ends: RunEnds
    ) -> Int {
        let inputCount = input.count
        precondition(start >= 0 && start <= inputCount && inputCount - start <= freeCapacity)
        return input.withUnsafeBytes { source in
            withUnsafeMutableBufferPointer { buffer, count in
                let target = UnsafeMutableRawBufferPointer(buffer)
                var index = start
                while index + 8 <= inputCount {
                    let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    target.storeBytes(of: word, toByteOffset: count, as: UInt64.self)
                    let found = ends.ends(in: UInt64(littleEndian: word))
                    if found != 0 {
                        let length = found.trailingZeroBitCount / 8
                        count += length
                        return index + length
                    }
                    count += 8
                    index += 8
                }
                while index < inputCount {
                    let byte = source[index]
                    if ends.ends(in: ByteWord.filled(byte)) != 0 { return index }
                    target[count] = byte
                    count += 1
                    index += 1
                }
                return index
            }
        }
    }
}
