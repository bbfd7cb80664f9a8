/// What kind of request Twilio sent.
public enum WebhookKind: String, CaseIterable, Sendable {
    /// An inbound WhatsApp, SMS or MMS message.
    case message
    /// A status callback of an outbound message: `MessageStatus` is present.
    case statusCallback = "status_callback"
    /// Anything else that Twilio signed.
    case other

    /// The number in the database; never renumber.
    var code: Int64 {
        switch self {
        case .message: 0
        case .statusCallback: 1
        case .other: 2
        }
    }

    init(code: Int64) {
        switch code {
        case 0: self = .message
        case 1: self = .statusCallback
        default: self = .other
        }
    }
}

/// One verified request of Twilio, as it is stored and forwarded. Everything is bytes.
///
/// A class, because it is handed from thread to thread by reference and never changes.
final class Webhook: Sendable {
    /// What kind of request it is.
    let kind: WebhookKind
    /// High when it has media (R8).
    let priority: DeliveryPriority
    /// What makes it this message and no other.
    let identity: Identity
    /// When its last byte was received: milliseconds since the epoch.
    let receivedMilliseconds: Int64
    /// Everything that came with the body.
    let head: WebhookHead
    /// The body as received: the verified bytes are the forwarded bytes.
    let body: [UInt8]

    init(
        kind: WebhookKind, priority: DeliveryPriority, identity: Identity,
        receivedMilliseconds: Int64, head: WebhookHead, body: [UInt8]
    ) {
        self.kind = kind
        self.priority = priority
        self.identity = identity
        self.receivedMilliseconds = receivedMilliseconds
        self.head = head
        self.body = body
    }

    /// A part of the head.
    subscript(_ part: WebhookHead.Part) -> ArraySlice<UInt8> { head[part] }
}
