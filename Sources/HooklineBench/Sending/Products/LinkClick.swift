import Hookline
import POSIX

/// A click on a link that Twilio shortened
/// (https://www.twilio.com/docs/messaging/features/link-shortening).
///
/// The page says that Twilio posts each click. Names, order and JSON are second-hand, from public
/// notes on Twilio's example; not checked against Twilio.
enum LinkClick {
    /// A click in a message that was sent to `options.from`.
    static func webhook(_ options: TestMessageOptions) -> TestWebhook {
        let time = Timestamp.text(milliseconds: WallClock.nowMilliseconds())
        let members = [
            ("event_type", "click"), ("sms_sid", RandomID.sid("SM")), ("to", options.from),
            ("from", options.to), ("link", "https://www.example.com/offer"),
            ("click_time", time), ("messaging_service_sid", RandomID.sid("MG")),
            ("account_sid", options.accountSID), ("user_agent", "Mozilla/5.0"),
        ]
        let texts = members.map { JSONText.quoted($0) + ":" + JSONText.quoted($1) }
        return TestWebhook(json: "{" + texts.joined(separator: ",") + "}")
    }
}
