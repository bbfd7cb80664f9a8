/// A WhatsApp sender and what Twilio calls for it
/// (https://www.twilio.com/docs/whatsapp/api/senders).
public struct SenderResource: Sendable, Equatable {
    /// `XE…`.
    public var sid: String
    /// `whatsapp:` and a number.
    public var senderID: String
    /// Called for a message; nil when nothing is.
    public var callbackURL: String?
    /// How: `GET` or `POST`.
    public var callbackMethod: String
    /// Called when the first cannot be.
    public var fallbackURL: String?
    /// Told what becomes of messages.
    public var statusCallbackURL: String?
    /// How: `GET` or `POST`.
    public var statusCallbackMethod: String

    /// Reads it; nil when the answer is none.
    public init?(_ json: JSON) {
        guard let sid = json["sid"]?.text, let sender = json["sender_id"]?.text else { return nil }
        self.sid = sid
        senderID = sender
        let webhook = json["webhook"]
        callbackURL = webhook?["callback_url"]?.text
        callbackMethod = webhook?["callback_method"]?.text ?? "POST"
        fallbackURL = webhook?["fallback_url"]?.text
        statusCallbackURL = webhook?["status_callback_url"]?.text
        statusCallbackMethod = webhook?["status_callback_method"]?.text ?? "POST"
    }
}

extension APICall {
    /// Sets what Twilio calls for a sender: all of it, in a JSON text.
    public static func setSender(_ sid: String, json: String) -> APICall {
        .set(.senders, .messaging, "/v2/Channels/Senders/\(segment(sid))", json: json)
    }
}

extension APIList {
    /// The WhatsApp senders of the account of the credentials.
    public static let whatsAppSenders = APIList(
        call: .get(
            .senders, .messaging, "/v2/Channels/Senders", [(name: "Channel", value: "whatsapp")]),
        key: "senders")
}
