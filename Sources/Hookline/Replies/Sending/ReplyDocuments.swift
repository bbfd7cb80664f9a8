import Curl

/// A destination whose TwiML is carried out.
struct ReplyApplication: Sendable {
    let destination: HTTPDestination
    let recorder: ReplyRecorder
}

/// Documents that an answer goes on with: how the application is asked for them, and what they say.
struct ReplyDocuments: Sendable {
    let applications: [ReplyApplication]

    /// The request; nil when the application is no destination any more, or what was stored is
    /// damaged.
    func request(_ redirect: OutboundRedirect) -> TransferRequest? {
        guard let webhook = Self.webhook(redirect) else { return nil }
        return application(of: redirect)?.destination.request(
            for: webhook, at: redirect.url, isGet: redirect.isGet)
    }

    /// What follows from the document.
    func replies(_ answer: ApplicationAnswer, to redirect: OutboundRedirect) -> [NewOutbound] {
        guard let webhook = Self.webhook(redirect), let application = application(of: redirect)
        else { return [] }
        return application.recorder.replies(
            answer, to: webhook, from: redirect.url, depth: redirect.depth)
    }

    private func application(of redirect: OutboundRedirect) -> ReplyApplication? {
        applications.first { $0.recorder.planner.isOfApplication(redirect.url) }
    }

    private static func webhook(_ redirect: OutboundRedirect) -> Webhook? {
        guard let head = WebhookHead(stored: redirect.head) else { return nil }
        // Not the message's own: an application that takes each key once would answer nothing.
        let identity = Identity(
            product: "redirect", account: head[.account],
            parts: [head[.messageSID], redirect.url[...], [UInt8(clamping: redirect.depth)]])
        return Webhook(
            kind: .message, priority: .normal, identity: identity, receivedMilliseconds: 0,
            head: head, body: redirect.body)
    }
}
