/// A line of Twilio's log of errors (https://www.twilio.com/docs/usage/monitor-alert).
public struct AlertResource: Sendable, Equatable {
    /// `NO…`.
    public var sid: String
    /// Such as 11200.
    public var code: Int
    /// What Twilio called when it happened; nil when it called nothing.
    public var requestURL: String?
    /// When it happened, as Twilio writes it.
    public var date: String
    /// The number that the message was for; nil in a list, which does not say.
    public var number: String?

    /// Reads it; nil when the answer is none.
    public init?(_ json: JSON) {
        guard let sid = json["sid"]?.text, let code = json["error_code"]?.integer else {
            return nil
        }
        self.sid = sid
        self.code = code
        requestURL = json["request_url"]?.text
        date = json["date_generated"]?.text ?? json["date_created"]?.text ?? ""
        number = json["request_variables"]?.text.flatMap { FormText.value(of: "To", in: $0) }
    }
}

extension APICall {
    /// One alert with all that Twilio has of it.
    public static func alert(_ sid: String) -> APICall {
        .get(.alerts, .monitor, "/v1/Alerts/\(segment(sid))")
    }
}

extension APIList {
    /// Errors since a moment, newest first; Twilio keeps them for 30 days.
    public static func alerts(since milliseconds: Int64) -> APIList {
        APIList(
            call: .get(
                .alerts, .monitor, "/v1/Alerts",
                [
                    (name: "LogLevel", value: "error"),
                    (name: "StartDate", value: APIDate.text(milliseconds: milliseconds)),
                ]), key: "alerts")
    }
}
