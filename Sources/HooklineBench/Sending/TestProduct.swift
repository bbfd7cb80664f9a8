/// A product of Twilio whose webhooks `hookline send` can make.
///
/// What each one sends, and where that is written: docs/twilio-products.md.
public enum TestProduct: String, CaseIterable, Sendable {
    /// Inbound messages and status callbacks.
    case messaging
    /// `onMessageAdded` of Conversations.
    case conversations
    /// What the widget "Make HTTP Request" of a Studio flow posts.
    case studio
    /// A batch with one CloudEvent.
    case eventStreams = "event-streams"
    /// The status callback of a call that has ended.
    case voiceStatus = "voice-status"
    /// `factor.verified` of Verify Push.
    case verify
    /// `task.created` of a workspace's event callback.
    case taskRouter = "task-router"
    /// A click on a shortened link.
    case click

    /// True if a webhook of this product carries the text of `--body`.
    public var hasText: Bool {
        switch self {
        case .messaging, .conversations, .studio, .eventStreams: true
        case .voiceStatus, .verify, .taskRouter, .click: false
        }
    }

    /// A new event of this product: every SID in it is random.
    func webhook(_ options: TestMessageOptions) -> TestWebhook {
        switch self {
        case .messaging: TestWebhook(TestMessage(options))
        case .conversations: ConversationsEvent.webhook(options)
        case .studio: StudioRequest.webhook(options)
        case .eventStreams: EventStreamsBatch.webhook(options)
        case .voiceStatus: VoiceStatusCallback.webhook(options)
        case .verify: VerifyEvent.webhook(options)
        case .taskRouter: TaskRouterEvent.webhook(options)
        case .click: LinkClick.webhook(options)
        }
    }
}
