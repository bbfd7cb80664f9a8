import COpenSSL

/// A key of HMAC (RFC 2104) that is prepared once and used for many messages.
///
/// Both pads are hashed when the key is made, so a message costs its own blocks and two more.
/// The key's bytes are not kept.
///
/// - `@unchecked Sendable`: the two contexts are written in `init` only; afterwards each call
///   copies them with `EVP_MD_CTX_copy_ex`, which takes its source as `const`.
public final class HMACKey: @unchecked Sendable {
    /// The hash function.
    public let algorithm: HashAlgorithm
    private let inner: OpaquePointer
    private let outer: OpaquePointer

    /// Prepares a key; throws when OpenSSL does not offer the algorithm.
    public init(_ key: [UInt8], algorithm: HashAlgorithm = .sha1) throws(OpenSSLError) {
        let blockBytes = 64
        var padded = key
        if key.count > blockBytes {
            padded = try Self.digest(key, algorithm)
        }
        padded += Array(repeating: 0, count: blockBytes - padded.count)
        defer { OPENSSL_cleanse(&padded, padded.count) }
        self.algorithm = algorithm
        inner = try Self.context(after: padded, xor: 0x36, algorithm)
        do {
            outer = try Self.context(after: padded, xor: 0x5c, algorithm)
        } catch {
            EVP_MD_CTX_free(inner)
            throw error
        }
    }

    deinit {
        // EVP_MD_CTX_free clears what it frees.
        EVP_MD_CTX_free(inner)
        EVP_MD_CTX_free(outer)
    }

    /// The code of a message, as long as a digest. Any thread.
    ///
    /// Empty when OpenSSL has no memory left: an empty code equals no signature.
    public func code(of message: [UInt8]) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { return [] }
        defer { EVP_MD_CTX_free(context) }
        var length: UInt32 = 0
        return [UInt8](unsafeUninitializedCapacity: algorithm.digestBytes) { buffer, count in
            let isDone =
                EVP_MD_CTX_copy_ex(context, inner) == 1
                && EVP_DigestUpdate(context, message, message.count) == 1
                && EVP_DigestFinal_ex(context, buffer.baseAddress, &length) == 1
                && EVP_MD_CTX_copy_ex(context, outer) == 1
                && EVP_DigestUpdate(context, buffer.baseAddress, Int(length)) == 1
                && EVP_DigestFinal_ex(context, buffer.baseAddress, &length) == 1
            count = isDone ? Int(length) : 0
        }
    }

    private static func context(
        after padded: [UInt8], xor pad: UInt8, _ algorithm: HashAlgorithm
    ) throws(OpenSSLError) -> OpaquePointer {
        guard let method = algorithm.method, let context = EVP_MD_CTX_new() else {
            throw .algorithmUnavailable(algorithm.rawValue)
        }
        var block = padded.map { $0 ^ pad }
        defer { OPENSSL_cleanse(&block, block.count) }
        guard EVP_DigestInit_ex2(context, method, nil) == 1,
            EVP_DigestUpdate(context, block, block.count) == 1
        else {
            EVP_MD_CTX_free(context)
            throw .algorithmUnavailable(algorithm.rawValue)
        }
        return context
    }

    private static func digest(
        _ message: [UInt8], _ algorithm: HashAlgorithm
    ) throws(OpenSSLError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: algorithm.digestBytes)
        var length: UInt32 = 0
        guard let method = algorithm.method,
            EVP_Digest(message, message.count, &digest, &length, method, nil) == 1
        else { throw .algorithmUnavailable(algorithm.rawValue) }
        return digest
    }
}
