import COpenSSL

/// Base64 of RFC 4648, section 4, with padding and without line feeds.
public enum Base64 {
    /// The text of some bytes, as ASCII.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        // EVP_EncodeBlock writes a NUL after the text.
        let capacity = length(of: bytes.count)
        return [UInt8](unsafeUninitializedCapacity: capacity + 1) { buffer, count in
            count = Int(EVP_EncodeBlock(buffer.baseAddress, bytes, Int32(bytes.count)))
        }
    }

    /// True when `text` is the text of the bytes; takes the same time wherever they differ.
    static func equal(_ bytes: UnsafeBufferPointer<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        let count = length(of: bytes.count)
        guard text.count == count else { return false }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count + 1) { expected in
            EVP_EncodeBlock(expected.baseAddress, bytes.baseAddress, Int32(bytes.count))
            return text.withUnsafeBytes {
                CRYPTO_memcmp(expected.baseAddress, $0.baseAddress, count) == 0
            }
        }
    }

    private static func length(of bytes: Int) -> Int { (bytes + 2) / 3 * 4 }
}
