/// One complete request: everything is copied, nothing points into libmicrohttpd.
public struct HTTPRequest: Sendable {
    /// The method as received; methods are case-sensitive (RFC 9110, section 9.1).
    public var method: HTTPMethod
    /// The raw request target: path and query exactly as received, never decoded.
    public var target: [UInt8]
    /// The header fields; trailers are not among them.
    public var fields: HTTPFields
    /// The body, at most the configured number of bytes.
    public var body: [UInt8]
    /// The peer's address: 4 bytes (IPv4) or 16 (IPv6), empty when unknown.
    public var peer: [UInt8]
    /// When the request line was complete: nanoseconds of the monotonic clock.
    public var startedNanoseconds: UInt64
    /// When the last byte was received: nanoseconds of the monotonic clock.
    public var completedNanoseconds: UInt64

    /// A request from its parts.
    public init(
        method: HTTPMethod, target: [UInt8], fields: HTTPFields, body: [UInt8],
        peer: [UInt8] = [], startedNanoseconds: UInt64 = 0, completedNanoseconds: UInt64 = 0
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.peer = peer
        self.startedNanoseconds = startedNanoseconds
        self.completedNanoseconds = completedNanoseconds
    }

    /// The part of the target before the first `?`.
    public var path: ArraySlice<UInt8> {
        target.prefix { $0 != UInt8(ascii: "?") }
    }
}

/// The methods that a server here tells apart.
public enum HTTPMethod: Sendable, Equatable {
    /// `GET`.
    case get
    /// `HEAD`.
    case head
    /// `POST`.
    case post
    /// Any other method, also a lower-case spelling of those above.
    case other
}
