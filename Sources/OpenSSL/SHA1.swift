/// SHA-1 of whole messages, for names that others have chosen to make with it.
public enum SHA1 {
    /// The 20 bytes of a digest. Any thread.
    public static func digest(_ message: [UInt8]) -> [UInt8] {
        HashState(.sha1).digest(with: message)
    }
}
