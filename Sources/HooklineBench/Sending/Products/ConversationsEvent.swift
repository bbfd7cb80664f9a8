import Hookline
import POSIX

/// The post-action webhook `onMessageAdded` of Conversations
/// (https://www.twilio.com/docs/conversations-classic/conversations-webhooks).
///
/// `RetryCount` is in none of Twilio's tables. It and the order of the fields are those of a
/// request that was captured (https://github.com/tigerfarm/tfpecho, README.md).
enum ConversationsEvent {
    /// A message that a chat user added to a conversation.
    static func webhook(_ options: TestMessageOptions) -> TestWebhook {
        TestWebhook(form: [
            ("EventType", "onMessageAdded"), ("Attributes", "{}"),
            ("DateCreated", Timestamp.text(milliseconds: WallClock.nowMilliseconds())),
            ("Index", "0"), ("MessageSid", RandomID.sid("IM")),
            ("AccountSid", options.accountSID), ("Source", "SDK"), ("ClientIdentity", "Ana"),
            ("RetryCount", "0"), ("Author", "Ana"), ("ParticipantSid", RandomID.sid("MB")),
            ("Body", options.text), ("ConversationSid", RandomID.sid("CH")),
        ])
    }
}
