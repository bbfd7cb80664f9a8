import TwilioAPI

/// What can be wrong; the words are those of `--json`.
public enum Mistake: String, Sendable, CaseIterable, Encodable {
    /// The account cannot be read with these credentials.
    case credentials
    /// The Auth Token that is configured here is not the account's.
    case token
    /// The number is a sub-account's, and no token of that account is configured here.
    case subaccount
    /// A webhook is called with GET.
    case method
    /// The webhook goes to a tunnel that is not the public URL's.
    case tunnel
    /// The host is right, scheme or port are not.
    case origin
    /// The host is right, the path takes no webhooks.
    case path
    /// What is entered cannot be read as a URL.
    case url
    /// Nothing is called, or another host, for a number that was asked for by `--number`.
    case elsewhere
    /// There is no fallback URL.
    case fallbackMissing = "fallback_missing"
    /// The fallback URL is wrong.
    case fallback
    /// Status callbacks go to a path of messages, to a tunnel, or to no route.
    case statusCallback = "status_callback"
    /// Twilio does not try again.
    case retries
    /// Connection overrides that Twilio does not know.
    case overrides
    /// A messaging service sends messages elsewhere although the number names this Hookline.
    case service
    /// A messaging service drops incoming messages.
    case serviceSilent = "service_silent"
    /// A TwiML application sends messages elsewhere although the number names this Hookline.
    case application
    /// Calls are answered by Hookline, which hangs up.
    case voice
    /// The public URL cannot be reached from here.
    case unreachable
}

/// One thing that was looked at.
public struct Finding: Sendable, Encodable {
    /// How it stands.
    public enum Verdict: String, Sendable, Encodable {
        case right
        /// Nothing wrong, but worth knowing.
        case note
        case wrong
    }

    /// How it stands.
    public var verdict: Verdict
    /// What is wrong; nil when nothing is.
    public var mistake: Mistake?
    /// One sentence, with the remedy where something is wrong.
    public var sentence: String
    /// What to enter at Twilio; nil when there is nothing to enter.
    public var paste: String?
    /// What `--fix` would change; nil when it can change nothing about it.
    var change: TwilioChange?

    /// Whether `--fix` would change it.
    public var isFixable: Bool { change != nil }

    private enum CodingKeys: String, CodingKey {
        case verdict, mistake, sentence, paste, fixable
    }

    /// As `--json` shows it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(verdict, forKey: .verdict)
        try container.encodeIfPresent(mistake, forKey: .mistake)
        try container.encode(sentence, forKey: .sentence)
        try container.encodeIfPresent(paste, forKey: .paste)
        try container.encode(isFixable, forKey: .fixable)
    }

    static func right(_ sentence: String) -> Finding {
        Finding(verdict: .right, sentence: sentence)
    }

    static func note(_ sentence: String) -> Finding {
        Finding(verdict: .note, sentence: sentence)
    }

    static func wrong(
        _ mistake: Mistake, _ sentence: String, paste: String? = nil, change: TwilioChange? = nil
    ) -> Finding {
        Finding(
            verdict: .wrong, mistake: mistake, sentence: sentence, paste: paste, change: change)
    }
}

/// What is changed at Twilio: properties of one resource.
struct TwilioChange: Sendable, Equatable {
    /// Of what.
    enum Target: Sendable, Hashable {
        case number(sid: String, account: String)
        case service(sid: String)
        case sender(sid: String)
    }

    let target: Target
    /// Names as Twilio's API takes them.
    let values: [String: String]
    /// What a sender has now: Twilio takes its webhook as a whole.
    var current: [String: String] = [:]
}
