import POSIX

/// A quarantined request as commands show it. Nothing in it is personal but the client's
/// address; nothing of what the client wrote is shown but the path, which is a route of ours.
public struct QuarantineRow: Sendable, Codable, Equatable {
    /// Its number.
    public var id: Int64
    /// When the request came, RFC 3339.
    public var received: String
    /// Why it was refused.
    public var reason: String
    /// What is wrong with the configuration, as far as is known.
    public var hint: String?
    /// True when it would be genuine under another configuration.
    public var proven: Bool
    /// The client's address; nil when it is unknown.
    public var source: String?
    /// The path that was asked for.
    public var path: String?
    /// Bytes of head and body.
    public var bytes: Int
    /// Bytes of the body.
    public var bodyBytes: Int
    /// True when it is not what was written: it is never released. Nil for all others.
    public var corrupt: Bool?

    enum CodingKeys: String, CodingKey {
        case id, received, reason, hint, proven, source, path, bytes, corrupt
        case bodyBytes = "body_bytes"
    }

    init(_ row: QuarantinedRow) {
        id = row.id
        received = Timestamp.text(milliseconds: row.receivedMilliseconds)
        reason = row.reason
        hint = row.hint
        proven = row.isProven
        source = NetworkAddress.text(of: row.source)
        path = row.request.map { String(decoding: $0.path, as: UTF8.self) }
        bytes = row.bytes
        bodyBytes = row.bodyBytes
        corrupt = row.isCorrupt ? true : nil
    }
}
