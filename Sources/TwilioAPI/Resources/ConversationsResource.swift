/// What Twilio calls for Conversations of an account
/// (https://www.twilio.com/docs/conversations/api/webhook-configuration-resource).
public struct ConversationsResource: Sendable, Equatable {
    /// Called before something happens, and waited for.
    public var preWebhookURL: String?
    /// Called after something happened.
    public var postWebhookURL: String?
    /// How: `GET` or `POST`.
    public var method: String

    /// Reads it.
    public init(_ json: JSON) {
        preWebhookURL = json["pre_webhook_url"]?.text
        postWebhookURL = json["post_webhook_url"]?.text
        method = json["method"]?.text ?? "POST"
    }
}

extension APICall {
    /// The webhooks of Conversations of the account of the credentials.
    public static let conversations = APICall.get(
        .conversations, .conversations, "/v1/Configuration/Webhooks")
}
