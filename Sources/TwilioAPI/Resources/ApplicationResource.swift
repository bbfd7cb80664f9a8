/// A TwiML application: URLs that several numbers share
/// (https://www.twilio.com/docs/usage/api/applications).
public struct ApplicationResource: Sendable, Equatable {
    /// `AP…`.
    public var sid: String
    /// What people call it.
    public var friendlyName: String
    /// Called for a message; nil when nothing is.
    public var smsURL: String?
    /// How: `GET` or `POST`.
    public var smsMethod: String
    /// Called when the first cannot be.
    public var smsFallbackURL: String?
    /// Told what becomes of messages.
    public var messageStatusCallback: String?

    /// Reads it; nil when the answer is none.
    public init?(_ json: JSON) {
        guard let sid = json["sid"]?.text else { return nil }
        self.sid = sid
        friendlyName = json["friendly_name"]?.text ?? ""
        smsURL = json["sms_url"]?.text
        smsMethod = json["sms_method"]?.text ?? "POST"
        smsFallbackURL = json["sms_fallback_url"]?.text
        messageStatusCallback = json["message_status_callback"]?.text
    }
}

extension APIList {
    /// The applications of an account.
    public static func applications(account: String) -> APIList {
        APIList(
            call: .get(
                .applications, .api,
                "/2010-04-01/Accounts/\(APICall.segment(account))/Applications.json"),
            key: "applications")
    }
}
