/// The hash functions that this target offers.
public enum HashAlgorithm: String, Sendable, CaseIterable {
    /// 20 bytes.
    case sha1 = "SHA1"
    /// 32 bytes.
    case sha256 = "SHA256"

    /// Bytes of a digest.
    public var digestBytes: Int { self == .sha1 ? 20 : 32 }
}
