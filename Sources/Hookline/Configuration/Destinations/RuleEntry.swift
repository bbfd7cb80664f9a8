/// A rule of the file: which webhooks it takes, and for whom. Every condition must hold; a
/// condition holds when one of its values does.
struct RuleEntry: Sendable {
    /// Where in the file.
    var line: Int
    var kinds: [RuleKind] = []
    /// Paths of routes.
    var routes: [String] = []
    /// Account SIDs.
    var accounts: [String] = []
    /// `To`.
    var recipients: [TextPattern] = []
    /// `EventType`, or the `type` of a CloudEvent.
    var events: [TextPattern] = []
    /// `MessageStatus`.
    var statuses: [TextPattern] = []
    /// Names of destinations.
    var destinations: [String] = []

    /// True for a rule without a condition.
    var takesAll: Bool {
        kinds.isEmpty && routes.isEmpty && accounts.isEmpty && recipients.isEmpty
            && events.isEmpty && statuses.isEmpty
    }
}

/// A kind of webhook, as rules name it.
enum RuleKind: String, CaseIterable, Sendable {
    /// Any inbound message.
    case message
    /// An inbound message with media.
    case media
    /// An inbound message that is the touch of a button, or a reply to a list.
    case button
    case statusCallback = "status_callback"
    case conversations
    case eventStreams = "event_streams"
    case taskRouter = "task_router"
    case voiceStatus = "voice_status"
    case voice
    case other
}

/// A text, or with `*` at its end every text that begins so. Compared byte by byte.
struct TextPattern: Sendable, Equatable, CustomStringConvertible {
    private let bytes: [UInt8]
    private let isPrefix: Bool
    /// As it is written.
    let description: String

    /// Nil for an empty text, and for a `*` anywhere but at the end.
    init?(_ text: String) {
        isPrefix = text.hasSuffix("*")
        bytes = Array(isPrefix ? text.dropLast().utf8 : text[...].utf8)
        description = text
        guard !bytes.isEmpty, !bytes.contains(UInt8(ascii: "*")) else { return nil }
    }

    func matches(_ text: ArraySlice<UInt8>) -> Bool {
        isPrefix ? text.starts(with: bytes) : text.elementsEqual(bytes)
    }
}
