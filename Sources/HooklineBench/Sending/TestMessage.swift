import TwilioSignature

/// What a test webhook says it is.
public struct TestMessageOptions: Sendable {
    /// The `AccountSid`.
    public var accountSID = "AC" + String(repeating: "0", count: 32)
    /// The sender's address.
    public var from = "whatsapp:+15005550006"
    /// The receiver's address.
    public var to = "whatsapp:+15005550001"
    /// The text.
    public var text = "Hello from hookline send"
    /// A message with a picture, which is forwarded before text.
    public var media = false
    /// The `MessageStatus` of a status callback; nil for an inbound message.
    public var status: String?

    /// An inbound WhatsApp message.
    public init() {}
}

/// The parameters of one test webhook, named and ordered as Twilio sends them
/// (https://www.twilio.com/docs/messaging/guides/webhook-request).
struct TestMessage: Sendable {
    /// The message's SID: its kind, then 32 hexadecimal digits.
    let sid: String
    /// The form.
    let parameters: FormParameters

    /// A message of its own: its SID is random.
    init(_ options: TestMessageOptions) {
        self.init(options, sid: RandomID.sid(options.media ? "MM" : "SM"))
    }

    /// The message of this SID.
    init(_ options: TestMessageOptions, sid: String) {
        self.sid = sid
        let pairs =
            if let status = options.status {
                Self.statusCallback(options, sid, status)
            } else {
                Self.inbound(options, sid)
            }
        var form = FormBuilder()
        for (name, value) in pairs { form.append(name: name.utf8, value: value.utf8) }
        parameters = form.form
    }

    private static func inbound(
        _ options: TestMessageOptions, _ sid: String
    ) -> [(String, String)] {
        var pairs = [("SmsMessageSid", sid), ("NumMedia", options.media ? "1" : "0")]
        if options.media {
            pairs += [
                ("MediaContentType0", "image/jpeg"),
                (
                    "MediaUrl0",
                    "https://api.twilio.com/2010-04-01/Accounts/\(options.accountSID)/Messages/"
                        + "\(sid)/Media/" + RandomID.sid("ME")
                ),
            ]
        }
        return pairs + [
            ("ProfileName", "Ana"), ("MessageType", options.media ? "image" : "text"),
            ("SmsSid", sid), ("WaId", digits(options.from)), ("SmsStatus", "received"),
            ("Body", options.text), ("To", options.to), ("NumSegments", "1"),
            ("ReferralNumMedia", "0"), ("MessageSid", sid), ("AccountSid", options.accountSID),
            ("From", options.from), ("ApiVersion", "2010-04-01"),
        ]
    }

    private static func statusCallback(
        _ options: TestMessageOptions, _ sid: String, _ status: String
    ) -> [(String, String)] {
        var pairs = [
            ("ChannelPrefix", "whatsapp"), ("ApiVersion", "2010-04-01"), ("MessageStatus", status),
            ("SmsSid", sid), ("SmsStatus", status), ("To", options.from), ("From", options.to),
            ("MessageSid", sid), ("AccountSid", options.accountSID),
        ]
        if status == "failed" || status == "undelivered" { pairs.append(("ErrorCode", "63016")) }
        return pairs
    }

    private static func digits(_ address: String) -> String {
        address.filter { $0 >= "0" && $0 <= "9" }
    }
}
