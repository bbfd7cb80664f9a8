import CDeflate

/// The checksum of gzip files (RFC 1952, section 8), over bytes that come in parts. It finds every
/// change of up to 32 neighbouring bits, and all but one in 2^32 of the others; it proves nothing
/// against somebody who changes bytes on purpose.
public struct CRC32: Sendable {
    /// The checksum of all bytes so far.
    public private(set) var value: UInt32 = 0

    /// The checksum of no bytes.
    public init() {}

    /// Adds bytes behind those that were added before.
    public mutating func update(_ bytes: Span<UInt8>) { add(bytes.bytes) }

    /// Adds numbers behind what was added before, as they lie in memory.
    public mutating func update(_ numbers: Span<UInt64>) { add(numbers.bytes) }

    private mutating func add(_ bytes: RawSpan) {
        // Without a buffer libdeflate begins again (libdeflate.h).
        guard !bytes.isEmpty else { return }
        value = bytes.withUnsafeBytes { bytes in
            libdeflate_crc32(value, bytes.baseAddress, bytes.count)
        }
    }
}
