import Prometheus

/// What kind of event a request tells of, as commands and metrics name it.
///
/// docs/twilio-products.md says how each is recognised and what makes two requests one.
public enum WebhookKind: String, CaseIterable, Sendable {
    /// An inbound WhatsApp, SMS, MMS or RCS message.
    case message
    /// A status callback of an outbound message.
    case statusCallback = "status_callback"
    /// An event of Conversations, or of Programmable Chat before it.
    case conversations
    /// A CloudEvent of Event Streams, or several.
    case eventStreams = "event_streams"
    /// An event of TaskRouter.
    case taskRouter = "task_router"
    /// A status callback of a call, which has a sequence number.
    case voiceStatus = "voice_status"
    /// Any other request about a call, such as one that asks for TwiML.
    case voice
    /// Anything else that Twilio signed.
    case other

    /// The number in the database and in Redis; never renumber.
    var code: Int64 {
        switch self {
        case .message: 0
        case .statusCallback: 1
        case .other: 2
        case .conversations: 3
        case .eventStreams: 4
        case .taskRouter: 5
        case .voiceStatus: 6
        case .voice: 7
        }
    }

    init(code: Int64) {
        self = Self.allCases.first { $0.code == code } ?? .other
    }

    /// True when Twilio names each event, so that the same name is the same event for as long as
    /// names are kept. Any other event is known by its content and for a short time only, because
    /// the same may happen again.
    var isNamed: Bool {
        switch self {
        case .message, .statusCallback, .eventStreams, .taskRouter, .voiceStatus: true
        case .conversations, .voice, .other: false
        }
    }
}

extension WebhookKind: LabelValue {}
