import Expat

/// `<Message>` (https://www.twilio.com/docs/messaging/twiml/message).
public struct TwiMLMessage: Sendable, Equatable {
    /// To whom; nil answers the sender of the message that came.
    public var to: String?
    /// From which number; nil is the number that the message came to.
    public var from: String?
    /// Where Twilio reports what becomes of the message, absolute or relative.
    public var action: String?
    /// How `action` is asked.
    public var method: TwiMLMethod
    /// The newer name of `action`; Twilio takes either.
    public var statusCallback: String?
    /// The text, without white space at its ends.
    public var body: String
    /// URLs of pictures and other files, in order.
    public var media: [String]
    /// The names of elements in it that mean nothing, at most `TwiMLDocument.unknownMax`.
    public var unknownNouns: [String] = []

    /// Characters of a body beyond which Twilio refuses it
    /// (https://www.twilio.com/docs/errors/14103).
    public static let bodyCharactersMax = 1_600
    /// Media of one message (`MediaUrl` of
    /// https://www.twilio.com/docs/messaging/api/message-resource).
    public static let mediaMax = 10

    /// A message from its parts.
    public init(
        body: String, media: [String] = [], to: String? = nil, from: String? = nil,
        action: String? = nil, method: TwiMLMethod = .post, statusCallback: String? = nil
    ) {
        self.body = body
        self.media = media
        self.to = to
        self.from = from
        self.action = action
        self.method = method
        self.statusCallback = statusCallback
    }

    init(_ element: XMLElement) {
        self.init(
            body: "", to: element.value("to"), from: element.value("from"),
            action: element.value("action"), method: TwiMLMethod(element.value("method")),
            statusCallback: element.value("statusCallback"))
        var texts: [String] = []
        for node in element.nodes {
            switch node {
            case .text(let text):
                texts.append(text)
            case .element(let noun) where noun.name == "Body":
                texts.append(noun.text)
            case .element(let noun) where noun.name == "Media":
                let url = noun.text.trimmed
                if !url.isEmpty { media.append(url) }
            case .element(let noun):
                if unknownNouns.count < TwiMLDocument.unknownMax { unknownNouns.append(noun.name) }
            }
        }
        body = Self.joined(texts)
    }

    /// Where Twilio reports to.
    public var reportURL: String? { action ?? statusCallback }

    /// Why Twilio would not send it; nil for a message that can be sent.
    public var fault: TwiMLMessageFault? {
        if body.isEmpty && media.isEmpty { return .empty }
        if body.unicodeScalars.count > Self.bodyCharactersMax { return .bodyTooLong }
        return media.count > Self.mediaMax ? .tooManyMedia : nil
    }

    /// Texts that stand between nouns, and those of `<Body>`; indentation around nouns is none.
    private static func joined(_ texts: [String]) -> String {
        let parts = texts.filter { !$0.trimmed.isEmpty }
        guard parts.count > 1 else { return (parts.first ?? "").trimmed }
        return parts.map(\.trimmed).joined(separator: "\n")
    }
}

/// What keeps a message from being sent.
public enum TwiMLMessageFault: String, Sendable, CaseIterable {
    /// Neither text nor media.
    case empty
    /// More than `bodyCharactersMax`.
    case bodyTooLong = "body_too_long"
    /// More than `mediaMax`.
    case tooManyMedia = "too_many_media"
}

extension TwiMLMessageFault: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        switch self {
        case .empty: "the message has neither text nor media"
        case .bodyTooLong:
            "the text has more than \(TwiMLMessage.bodyCharactersMax) characters"
        case .tooManyMedia: "the message has more than \(TwiMLMessage.mediaMax) media"
        }
    }
}
