/// A webhook of Verify Push (https://www.twilio.com/docs/verify/api/webhooks).
///
/// The media type is not in what was read of that page. A form is inferred from Twilio's sample
/// back end, whose check of the signature passes for a form only
/// (https://github.com/twilio/verify-push-sample-backend, routes/webhook.js).
enum VerifyEvent {
    /// A device that is ready for challenges.
    static func webhook(_ options: TestMessageOptions) -> TestWebhook {
        TestWebhook(form: [
            ("uuid", RandomID.uuid()), ("type", "factor.verified"),
            ("account_sid", options.accountSID), ("service_sid", RandomID.sid("VA")),
            ("entity_identity", RandomID.uuid()), ("factor_sid", RandomID.sid("YF")),
            ("factor_type", "push"),
        ])
    }
}
