import Hookline
import POSIX

/// What a webhook sink of Event Streams receives: a JSON array of CloudEvents, today of one
/// (https://www.twilio.com/docs/events/webhook-quickstart).
///
/// The envelope is the documented one. The fields below `data` are those that public code passes
/// on for this event type; not checked against Twilio.
enum EventStreamsBatch {
    /// A batch with one inbound message.
    static func webhook(_ options: TestMessageOptions) -> TestWebhook {
        let sid = RandomID.sid("SM")
        let time = Timestamp.text(milliseconds: WallClock.nowMilliseconds())
        let type = "com.twilio.messaging.inbound-message.received"
        let data = object([
            ("numMedia", "0"), ("timestamp", JSONText.quoted(time)), ("recipients", "[]"),
            ("accountSid", JSONText.quoted(options.accountSID)),
            ("to", JSONText.quoted(options.to)), ("numSegments", "1"),
            ("messageSid", JSONText.quoted(sid)), ("eventName", JSONText.quoted(type)),
            ("body", JSONText.quoted(options.text)), ("from", JSONText.quoted(options.from)),
        ])
        let source = "/2010-04-01/Accounts/\(options.accountSID)/Messages/\(sid).json"
        let schema = "https://events-schemas.twilio.com/Messaging.InboundMessageV1/5"
        let event = object([
            ("specversion", JSONText.quoted("1.0")), ("type", JSONText.quoted(type)),
            ("source", JSONText.quoted(source)), ("id", JSONText.quoted(RandomID.sid("EZ"))),
            ("dataschema", JSONText.quoted(schema)),
            ("datacontenttype", JSONText.quoted("application/json")),
            ("time", JSONText.quoted(time)), ("data", data),
        ])
        return TestWebhook(json: "[\(event)]")
    }

    /// An object of these members, whose values are JSON already.
    private static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { JSONText.quoted($0) + ":" + $1 }.joined(separator: ",") + "}"
    }
}
