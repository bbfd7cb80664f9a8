/// Where a Redis listens, in a form that needs no name resolution.
public enum RedisEndpoint: Sendable, Hashable {
    /// A numeric IPv4 or IPv6 address and a port.
    case tcp(address: String, port: UInt16)
    /// The path of a Unix socket, at most 107 bytes.
    case unix(path: String)
}

/// What a connection accepts of its peer.
public struct ReplyLimits: Sendable {
    /// Bytes of one reply, and of all that arrived behind it.
    public var bytesMax: Int
    /// Elements of one reply, those of arrays in arrays included.
    public var elementsMax: Int

    /// The limits; hiredis itself accepts 7 levels of arrays.
    public init(bytesMax: Int = 32 << 20, elementsMax: Int = 1 << 20) {
        self.bytesMax = bytesMax
        self.elementsMax = elementsMax
    }
}
