import CZlib

/// The checksum of gzip files (RFC 1952, section 8), over bytes that come in parts. It finds every
/// change of up to 32 neighbouring bits, and all but one in 2^32 of the others; it proves nothing
/// against somebody who changes bytes on purpose.
public struct CRC32: Sendable {
    /// The checksum of all bytes so far.
    public private(set) var value: UInt32 = 0

    /// The checksum of no bytes.
    public init() {}

    /// Adds bytes behind those that were added before.
    public mutating func update(_ bytes: Span<UInt8>) {
        // crc32() begins again when it is given no buffer (zlib.h).
        guard !bytes.isEmpty else { return }
        value = bytes.withUnsafeBufferPointer { bytes in
            UInt32(crc32_z(UInt(value), bytes.baseAddress, bytes.count))
        }
    }
}
