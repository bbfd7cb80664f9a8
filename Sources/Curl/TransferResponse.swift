/// What a server answered.
public struct TransferResponse: Sendable, Equatable {
    /// The status code; a redirect is not followed.
    public var status: Int
    /// The first `Retry-After` header's value.
    public var retryAfter: String?
    /// The first `Content-Type` header's value.
    public var contentType: String?
    /// The body, not decoded, at most as long as the request allowed.
    public var body: [UInt8]
    /// Whether the body was longer than that.
    public var bodyTruncated: Bool

    /// A response from its parts.
    public init(
        status: Int, retryAfter: String? = nil, contentType: String? = nil, body: [UInt8] = [],
        bodyTruncated: Bool = false
    ) {
        self.status = status
        self.retryAfter = retryAfter
        self.contentType = contentType
        self.body = body
        self.bodyTruncated = bodyTruncated
    }
}
