import COpenSSL

/// A hash under way, as a value: it is copied like a number and owns no memory elsewhere.
///
/// It is made with OpenSSL's functions for one algorithm each, which OpenSSL 3 has deprecated in
/// favour of `EVP_MD_CTX`. They run the same code on the message, and cannot fail; but a context
/// of EVP is allocated, and allocates again for each copy. To verify one signature of a webhook
/// took 10,100 instructions with EVP and takes 7,900 with these (callgrind, which hashes without
/// the processor's own instructions for it).
struct HashState {
    private let algorithm: HashAlgorithm
    private var sha1 = SHA_CTX()
    private var sha256 = SHA256_CTX()

    init(_ algorithm: HashAlgorithm) {
        self.algorithm = algorithm
        switch algorithm {
        case .sha1: SHA1_Init(&sha1)
        case .sha256: SHA256_Init(&sha256)
        }
    }

    /// Hashes more of the message.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch algorithm {
        case .sha1: SHA1_Update(&sha1, bytes.baseAddress, bytes.count)
        case .sha256: SHA256_Update(&sha256, bytes.baseAddress, bytes.count)
        }
    }

    /// Writes the digest, `algorithm.digestBytes` long; the state is spent.
    mutating func finish(into digest: UnsafeMutablePointer<UInt8>) {
        switch algorithm {
        case .sha1: SHA1_Final(digest, &sha1)
        case .sha256: SHA256_Final(digest, &sha256)
        }
    }

    /// The digest of what was hashed so far and `bytes`.
    func digest(with bytes: [UInt8] = []) -> [UInt8] {
        var state = self
        bytes.withUnsafeBytes { state.update($0) }
        return [UInt8](unsafeUninitializedCapacity: algorithm.digestBytes) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            state.finish(into: start)
            count = algorithm.digestBytes
        }
    }
}
