/// What a flow's widget "Make HTTP Request" posts
/// (https://www.twilio.com/docs/studio/widget-library/http-request).
///
/// The author of a flow chooses the parameters. These are what the page's advice on telling
/// executions apart leads to; that Twilio signs such a request is not checked against Twilio.
enum StudioRequest {
    /// A step of one execution that tells of the message which began it.
    static func webhook(_ options: TestMessageOptions) -> TestWebhook {
        TestWebhook(form: [
            ("AccountSid", options.accountSID), ("FlowSid", RandomID.sid("FW")),
            ("ExecutionSid", RandomID.sid("FN")), ("Step", "ask_name"),
            ("MessageSid", RandomID.sid("SM")), ("From", options.from), ("To", options.to),
            ("Body", options.text),
        ])
    }
}
