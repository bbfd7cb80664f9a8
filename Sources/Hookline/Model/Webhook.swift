/// One verified request of Twilio, as it is stored and forwarded. Everything is bytes.
///
/// A class, because it is handed from thread to thread by reference and never changes.
final class Webhook: Sendable {
    /// What kind of event it tells of.
    let kind: WebhookKind
    /// High when it has media.
    let priority: DeliveryPriority
    /// For whom it is.
    let destinations: DestinationSet
    /// What makes it this event and no other.
    let identity: Identity
    /// When its last byte was received: milliseconds since the epoch.
    let receivedMilliseconds: Int64
    /// Everything that came with the body.
    let head: WebhookHead
    /// The body as received: the verified bytes are the forwarded bytes.
    let body: [UInt8]

    init(
        kind: WebhookKind, priority: DeliveryPriority, identity: Identity,
        receivedMilliseconds: Int64, head: WebhookHead, body: [UInt8],
        destinations: DestinationSet = .first
    ) {
        self.destinations = destinations
        self.kind = kind
        self.priority = priority
        self.identity = identity
        self.receivedMilliseconds = receivedMilliseconds
        self.head = head
        self.body = body
    }

    /// The value of the `Idempotency-Key` header: 32 hexadecimal digits, the same for every attempt
    /// to deliver it, after every restart, on every step of the fallback; another one for the same
    /// content that came again as an event of its own.
    var idempotencyKey: String {
        if kind.isNamed { return identity.idempotencyKey }
        return Identity(
            product: "received", account: identity.bytes[...],
            parts: [Array(String(receivedMilliseconds).utf8)[...]]
        ).idempotencyKey
    }

    /// A part of the head.
    subscript(_ part: WebhookHead.Part) -> ArraySlice<UInt8> { head[part] }
}
