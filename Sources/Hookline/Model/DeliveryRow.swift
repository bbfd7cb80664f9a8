/// A delivery as commands show it. Nothing in it is personal: for that there is `RequestDetail`.
public struct DeliveryRow: Sendable, Codable, Equatable {
    /// Its number.
    public var id: Int64
    /// `available`, `running`, `retryable` or `dead_lettered`.
    public var state: String
    /// `high` or `normal`.
    public var priority: String
    /// The name of the destination that it is owed to.
    public var destination: String?
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
    /// Why the last attempt failed: `HTTP 422`, or the kind of failure and fixed words for it; nil
    /// when none has failed.
    public var lastError: String?
    /// The status of that attempt's answer; nil without an answer.
    public var lastStatus: Int?
    /// When that attempt ended, RFC 3339.
    public var lastErrorAt: String?
    /// The message's SID; nil when the request has none.
    public var messageSID: String?
    /// Bytes of the body.
    public var bodyBytes: Int
    /// True when it is not what was written: it is never forwarded. Nil for all others.
    public var corrupt: Bool?

    enum CodingKeys: String, CodingKey {
        case id, state, priority, destination, kind, received, attempts, due, reason, corrupt
        case lastError = "last_error"
        case lastStatus = "last_status"
        case lastErrorAt = "last_error_at"
        case messageSID = "message_sid"
        case bodyBytes = "body_bytes"
    }

    /// Says why the last attempt failed.
    mutating func note(_ failure: AttemptFailure) {
        lastError = failure.text
        lastStatus = failure.status
        lastErrorAt = Timestamp.text(milliseconds: failure.milliseconds)
    }
}
