extension Notice {
    /// Answers of the application that carry TwiML verbs: Twilio has its answer already, so the
    /// verbs are not executed.
    static func twimlIgnored(_ metrics: ReceiverMetrics, _ log: Log) -> Notice {
        Notice(
            log, counter: metrics.twimlIgnored,
            "the application answered with TwiML verbs, which are ignored: Twilio has its answer "
                + "already. Send messages with Twilio's REST API instead")
    }

    /// Answers that say that Hookline is set up wrongly, not that a message is.
    static func misdirected(_ log: Log) -> Notice {
        Notice(
            log,
            "the application does not let Hookline in, or has nothing at this URL: check its URL "
                + "and what it wants to know Hookline by; messages stay owed")
    }

    /// Webhooks that are forwarded without a signature, because their account has no token in
    /// force any more.
    static func unsigned(_ metrics: ReceiverMetrics, _ log: Log) -> Notice {
        Notice(
            log, counter: metrics.errors[.tokenSource],
            "webhooks are forwarded without X-Twilio-Signature, because their account has no Auth "
                + "Token any more: list it again until nothing of it is owed")
    }
}
