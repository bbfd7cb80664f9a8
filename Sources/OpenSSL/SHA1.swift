import COpenSSL

/// SHA-1 of whole messages, for names that others have chosen to make with it.
public enum SHA1 {
    /// The 20 bytes of a digest; empty when OpenSSL fails. Any thread.
    public static func digest(_ message: [UInt8]) -> [UInt8] {
        guard let method = HashAlgorithm.sha1.method else { return [] }
        var length: UInt32 = 0
        var isDone = false
        let digest = [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
            isDone =
                EVP_Digest(message, message.count, buffer.baseAddress, &length, method, nil) == 1
            count = isDone ? Int(length) : 0
        }
        return digest
    }
}
