/// A delivery as commands show it. Nothing in it is personal: for that there is `RequestDetail`.
public struct DeliveryRow: Sendable, Codable, Equatable {
    /// Its number.
    public var id: Int64
    /// `available`, `running`, `retryable` or `dead_lettered`.
    public var state: String
    /// `high` or `normal`.
    public var priority: String
    /// `message`, `status_callback` or `other`.
    public var kind: String
    /// When Twilio's request came, RFC 3339.
    public var received: String
    /// Attempts so far.
    public var attempts: Int64
    /// When the next attempt is due, RFC 3339; nil for a dead letter.
    public var due: String?
    /// Why it was given up; nil unless it is a dead letter.
    public var reason: String?
    /// The message's SID; nil when the request has none.
    public var messageSID: String?
    /// Bytes of the body.
    public var bodyBytes: Int

    enum CodingKeys: String, CodingKey {
        case id, state, priority, kind, received, attempts, due, reason
        case messageSID = "message_sid"
        case bodyBytes = "body_bytes"
    }
}
