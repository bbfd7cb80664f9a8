import Prometheus

/// Why a request is in quarantine; stored as this word.
public enum QuarantineReason: String, CaseIterable, Error, Sendable {
    /// No token and no form of the URL gives its signature.
    case invalidSignature = "invalid_signature"
    /// It has no `X-Twilio-Signature`, or more than one.
    case missingSignature = "missing_signature"
    /// There is no token for its account.
    case unknownAccount = "unknown_account"
    /// Its form cannot be read or repeats a field that has one value, or its origin is unclear.
    case malformed
    /// Its path is no route.
    case notFound = "not_found"
    /// Its method is neither POST nor GET.
    case method
    /// Its body is neither a form nor JSON, and no `bodySHA256` covers it.
    case mediaType = "media_type"
    /// It was stored before its token was there, and the token did not give its signature.
    case unverifiedFalse = "unverified_false"
    /// Its token did not come in time and the policy is to refuse.
    case unverified

    /// What a refusal counts as.
    init(_ rejection: Rejection) {
        switch rejection {
        case .notFound: self = .notFound
        case .methodNotAllowed: self = .method
        case .unsupportedMediaType: self = .mediaType
        // What came back is not kept: the message itself is still owed.
        case .malformedForm, .ambiguousForm, .noOrigin, .loop: self = .malformed
        case .missingSignature: self = .missingSignature
        case .invalidSignature: self = .invalidSignature
        case .unknownAccount: self = .unknownAccount
        }
    }
}

/// Why a refused request is not, or no longer, in quarantine, as the label `reason`.
enum QuarantineDrop: String, CaseIterable, Sendable {
    /// Too many of its source waited; a random part of them is kept.
    case sampled
    /// The memory for requests that wait for the store was full.
    case inboxFull = "inbox_full"
    /// Requests of too many sources waited.
    case sources
    /// It is larger than the whole quarantine may be.
    case tooLarge = "too_large"
    /// Everything that is kept was proven genuine, and it was not.
    case full
    /// It gave way to another one at the bound of rows or bytes.
    case evicted
    /// It was older than the retention.
    case expired
    /// The disk is nearly full: what is left is the queue's.
    case disk
    /// The store failed to write it.
    case store
}

extension QuarantineDrop: LabelValue {}
