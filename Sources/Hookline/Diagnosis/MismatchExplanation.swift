import Prometheus

/// Why a request's signature does not match.
struct MismatchExplanation: Sendable {
    /// The most telling of the things that differ.
    let hint: MismatchHint
    /// What to change, in one sentence without its full stop; no token and nothing personal.
    let sentence: String
    /// What Twilio signed; nil when it was not found, or not all of it.
    let proof: SignatureProof?
    /// HMACs that were made to find it.
    let hmacs: Int
    /// The change that was found, to be tried on other requests; nil when none was.
    let change: MismatchChange?
}

/// The request that Twilio signed: who holds the token made it, so it is genuine. It may differ
/// from what arrived, which is then not.
struct SignatureProof: Sendable, Equatable {
    /// Origin and base path.
    let origin: [UInt8]
    /// The request target.
    let target: [UInt8]
    /// The body.
    let body: [UInt8]
    /// True when the body is a form.
    let isForm: Bool
    /// Whose token it is.
    let owner: TokenOwner
}

/// What differs between a request as it arrived and as Twilio signed it.
struct MismatchChange: Sendable, Hashable {
    /// Nil for the origin that verification used.
    var origin: OriginChange?
    /// Nil for the base path that verification used.
    var base: [UInt8]?
    var target = TargetChange.none
    var body = BodyChange.none
    var owner = TokenOwner.own
}
