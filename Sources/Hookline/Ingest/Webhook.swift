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
struct Webhook: Sendable {
    /// What kind of request it is.
    var kind: WebhookKind
    /// High when it has media (R8).
    var priority: DeliveryPriority
    /// What makes it this message and no other.
    var identity: Identity
    /// When its last byte was received: milliseconds since the epoch.
    var receivedMilliseconds: Int64
    /// The origin that Twilio called, with a base path if a proxy strips one.
    var origin: [UInt8]
    /// The raw request target.
    var target: [UInt8]
    /// The `Content-Type` as received, empty when there was none.
    var contentType: [UInt8]
    /// The body as received: the verified bytes are the forwarded bytes.
    var body: [UInt8]
    /// The `X-Twilio-Signature` as received.
    var signature: [UInt8]
    /// The `traceparent` to forward, empty when there is none.
    var traceParent: [UInt8]
    /// The verified `AccountSid`, empty when the request has none.
    var account: [UInt8]
    /// The `MessageSid`, empty when the request has none.
    var messageSID: [UInt8]
}
