import TwiML

/// Makes replies of answers, counts what cannot be done and says it. Any thread.
struct ReplyRecorder: Sendable {
    let planner: ReplyPlanner
    let metrics: ReplyMetrics
    let notices: ReplyNotices

    /// The replies that are stored with the delivery's completion.
    func replies(
        _ answer: ApplicationAnswer, to webhook: Webhook, from documentURL: [UInt8], depth: Int = 0
    ) -> [NewOutbound] {
        let plan = planner.plan(answer, to: webhook, from: documentURL, depth: depth)
        if let fault = plan.fault {
            metrics.count(.unreadable)
            notices.unreadable.note { $0.with("error", fault.description) }
        }
        if plan.unknownCount > 0 {
            metrics.count(.unknownVerb, plan.unknownCount)
            notices.unknownVerb.note {
                $0.with("verbs", plan.unknownVerbs.joined(separator: ", "))
            }
        }
        for reply in plan.replies {
            guard let reason = reply.reason else { continue }
            metrics.count(.invalid)
            notices.invalid.note { $0.with("reason", reason.rawValue) }
        }
        return plan.replies
    }
}

/// What is said about replies at most once a minute.
struct ReplyNotices: Sendable {
    let unreadable: Notice
    let unknownVerb: Notice
    let invalid: Notice
    let unknown: Notice
    let unauthorized: Notice

    init(_ log: Log) {
        unreadable = Notice(
            log,
            "an answer of the application is not TwiML, so nothing is sent for it; Twilio would "
                + "have logged an error")
        unknownVerb = Notice(
            log, "an answer of the application has verbs that send no message; the others are done")
        invalid = Notice(
            log, "a reply is not as Twilio takes it and is kept as a dead letter")
        unknown = Notice(
            log,
            "it is not known whether Twilio has taken a reply; its list of messages is looked at "
                + "before it is sent again")
        unauthorized = Notice(
            log,
            "Twilio refuses to send replies with these credentials; they wait. Give the Auth Token "
                + "of the account, or an API key")
    }
}
