import COpenSSL

/// Base64 of RFC 4648, section 4, with padding and without line feeds.
public enum Base64 {
    /// The text of some bytes, as ASCII.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        // EVP_EncodeBlock writes a NUL after the text.
        let capacity = (bytes.count + 2) / 3 * 4
        return [UInt8](unsafeUninitializedCapacity: capacity + 1) { buffer, count in
            count = Int(EVP_EncodeBlock(buffer.baseAddress, bytes, Int32(bytes.count)))
        }
    }
}
