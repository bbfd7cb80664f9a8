/// A request that the engine answered itself, and as much of it as is known.
public struct HTTPRefusedRequest: Sendable {
    /// Why the engine answered it.
    public var reason: HTTPRefusal
    /// What is wrong with its head; nil for any reason but `framing`.
    public var fault: FramingFault?
    /// The method as received.
    public var method: HTTPMethod
    /// The raw request target, never decoded.
    public var target: [UInt8]
    /// The header fields, of a head with a fault those before it.
    public var fields: HTTPFields
    /// The peer's address: 4 bytes (IPv4) or 16 (IPv6), empty when unknown.
    public var peer: [UInt8]

    /// A refused request from its parts.
    public init(
        reason: HTTPRefusal, fault: FramingFault? = nil, method: HTTPMethod, target: [UInt8],
        fields: HTTPFields, peer: [UInt8] = []
    ) {
        self.reason = reason
        self.fault = fault
        self.method = method
        self.target = target
        self.fields = fields
        self.peer = peer
    }

    /// The part of the target before the first `?`.
    public var path: ArraySlice<UInt8> {
        target.prefix { $0 != UInt8(ascii: "?") }
    }

    /// The length of the body in bytes as `Content-Length` says it; nil without one, and when it
    /// is no number below 10^18.
    public var declaredBodyBytes: Int? {
        guard let digits = fields.first("content-length"), (1...18).contains(digits.count),
            digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

/// Why the engine answered a request itself.
public enum HTTPRefusal: String, Sendable, CaseIterable {
    /// The request is not written as HTTP/1.1 asks: 400, 501 or 505, and close.
    case framing
    /// The request line or the fields are longer than the limit: 414 or 431, and close.
    case headTooLarge = "head_too_large"
    /// The body is longer than the limit: 413 and close.
    case bodyTooLarge = "body_too_large"
    /// An expectation other than `100-continue`: 417 and close.
    case expectation
    /// Too many connections: 503 and close.
    case overloaded
    /// The server is stopping: 503 and close.
    case stopping
}
