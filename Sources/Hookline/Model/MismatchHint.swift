import Prometheus

/// What most likely makes a signature wrong.
public enum MismatchHint: String, CaseIterable, Sendable {
    case scheme, port, host, path
    /// The signature is right for a token that is not this account's, or not active.
    case otherToken = "other_token"
    /// Something between Twilio and here changed the body.
    case body
    /// No likely change gives the signature: it is forged, or made with an unknown token.
    case none
}

extension MismatchHint: LabelValue {}
