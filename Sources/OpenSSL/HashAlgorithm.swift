import COpenSSL

/// The hash functions that this target offers.
public enum HashAlgorithm: String, Sendable, CaseIterable {
    /// 20 bytes.
    case sha1 = "SHA1"
    /// 32 bytes.
    case sha256 = "SHA256"

    /// Bytes of a digest.
    public var digestBytes: Int { self == .sha1 ? 20 : 32 }

    /// OpenSSL's description of the algorithm, fetched once a process and never freed: an
    /// implicit fetch for each message costs more than hashing it (crypto(7), "Performance").
    var method: OpaquePointer? {
        switch self {
        case .sha1: Fetched.sha1.pointer
        case .sha256: Fetched.sha256.pointer
        }
    }

    /// - `@unchecked Sendable`: an `EVP_MD` is immutable once fetched, and any thread may use it.
    private struct Fetched: @unchecked Sendable {
        static let sha1 = Fetched(pointer: EVP_MD_fetch(nil, HashAlgorithm.sha1.rawValue, nil))
        static let sha256 = Fetched(pointer: EVP_MD_fetch(nil, HashAlgorithm.sha256.rawValue, nil))

        let pointer: OpaquePointer?
    }
}

/// SHA-256 of whole messages.
public enum SHA256 {
    /// The 32 bytes of a digest; empty when OpenSSL fails, which equals no digest. Any thread.
    public static func digest(_ message: [UInt8]) -> [UInt8] {
        guard let method = HashAlgorithm.sha256.method else { return [] }
        var length: UInt32 = 0
        var isDone = false
        let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            isDone =
                EVP_Digest(message, message.count, buffer.baseAddress, &length, method, nil) == 1
            count = isDone ? Int(length) : 0
        }
        return digest
    }
}
