import TwilioSignature

/// What `hookline verify` says of a request.
public struct SignatureReport: Sendable {
    /// The verdict in its three kinds.
    enum Verdict: Sendable {
        /// Twilio, or somebody who has the key, made this request.
        case match(SignatureMatch, SigningScheme)
        /// It did not make it as it arrived.
        case mismatch(MismatchExplanation)
        /// It is refused before any signature is looked at, for this reason.
        case refused(String)
    }

    let verdict: Verdict
    /// A field that has two values, for which a genuine request is refused too.
    private let repeated: String?

    init(_ verdict: Verdict, repeated: String? = nil) {
        self.verdict = verdict
        self.repeated = repeated
    }

    /// True when the signature is right.
    public var isMatch: Bool {
        if case .match = verdict { true } else { false }
    }

    /// One or two lines for people.
    public var text: String {
        switch verdict {
        case .match(let match, let scheme):
            let key =
                scheme == .authToken
                ? "Auth Token \(match.tokenPosition + 1) of those that apply to the account"
                : "the SharedKey that it names"
            let note = repeated.map {
                "but \($0) has two values: such a request is answered 400\n"
            }
            return "match: \(key), URL \(match.candidate.words)\n" + (note ?? "")
        case .mismatch(let explanation):
            return "no match (\(explanation.hint.rawValue)): \(explanation.sentence)\n"
        case .refused(let reason): return "no match: \(reason)\n"
        }
    }

    /// One JSON object on one line.
    public var json: String {
        switch verdict {
        case .match(let match, let scheme):
            let scheme = scheme == .authToken ? "auth_token" : "shared_key"
            return "{\"match\":true,\"signed_with\":\"\(scheme)\","
                + "\"token_position\":\(match.tokenPosition + 1),"
                + "\"url_form\":\"\(match.candidate.rawValue)\","
                + "\"repeated_field\":\(repeated.map(JSONText.quoted) ?? "null")}\n"
        case .mismatch(let explanation):
            return "{\"match\":false,\"hint\":\"\(explanation.hint.rawValue)\","
                + "\"explanation\":\(JSONText.quoted(explanation.sentence))}\n"
        case .refused(let reason):
            return "{\"match\":false,\"hint\":\"none\",\"explanation\":"
                + "\(JSONText.quoted(reason))}\n"
        }
    }
}

extension SignedURL.Candidate {
    fileprivate var words: String {
        switch self {
        case .received: "as received"
        case .withoutPort: "without its port"
        case .withDefaultPort: "with the scheme's own port"
        }
    }
}

extension WebhookField {
    /// The parameter's name.
    var name: String {
        switch self {
        case .accountSID: "AccountSid"
        case .messageSID: "MessageSid"
        case .body: "Body"
        case .from: "From"
        case .to: "To"
        case .messageStatus: "MessageStatus"
        case .errorCode: "ErrorCode"
        case .mediaCount: "NumMedia"
        case .smsStatus: "SmsStatus"
        case .smsSID: "SmsSid"
        case .smsMessageSID: "SmsMessageSid"
        case .eventType: "EventType"
        case .callSID: "CallSid"
        }
    }
}
