/// SHA-256 of a message, whole or piece by piece. A value: a copy goes its own way.
public struct SHA256: Sendable {
    private var state = HashState(.sha256)

    /// Nothing was hashed yet.
    public init() {}

    /// Hashes more of the message.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { state.update($0) }
    }

    /// Hashes more of the message.
    public mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { state.update($0) }
    }

    /// Hashes a number as four bytes, the most significant first.
    public mutating func update(_ number: UInt32) {
        withUnsafeBytes(of: number.bigEndian) { state.update($0) }
    }

    /// The first 16 bytes of the digest of what was hashed so far, as two numbers, the most
    /// significant byte first.
    public var prefix: (UInt64, UInt64) {
        var ended = state
        return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
            guard let start = buffer.baseAddress else { return (0, 0) }
            ended.finish(into: start.assumingMemoryBound(to: UInt8.self))
            return (
                UInt64(bigEndian: buffer.load(as: UInt64.self)),
                UInt64(bigEndian: buffer.load(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// The 32 bytes of a digest. Any thread.
    public static func digest(_ message: [UInt8]) -> [UInt8] {
        HashState(.sha256).digest(with: message)
    }
}
