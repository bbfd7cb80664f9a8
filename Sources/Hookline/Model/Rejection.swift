/// Why a request is not taken; each has its status and what it counts as.
enum Rejection: Error, Sendable, Equatable {
    /// No route has this path.
    case notFound
    /// The route takes POST only.
    case methodNotAllowed
    /// The body is neither a form nor JSON, and no `bodySHA256` covers it.
    case unsupportedMediaType
    /// The form has too many parameters.
    case malformedForm
    /// The signature is right, and a field that has one value is there with two.
    case ambiguousForm
    /// There is no `X-Twilio-Signature`, or more than one.
    case missingSignature
    /// No token and no form of the URL gives this signature.
    case invalidSignature
    /// There is no token for the request's account.
    case unknownAccount
    /// The origin cannot be told, because this header is missing or cannot be read.
    case noOrigin(OriginHeader)
    /// Hookline has forwarded it itself.
    case loop

    /// The status of the answer.
    var status: UInt16 {
        switch self {
        case .notFound: 404
        case .methodNotAllowed: 405
        case .unsupportedMediaType: 415
        case .malformedForm, .ambiguousForm, .noOrigin: 400
        case .missingSignature, .invalidSignature, .unknownAccount: 403
        case .loop: 508
        }
    }

    /// A fixed word for the log and for labels.
    var reason: String {
        switch self {
        case .notFound: "not_found"
        case .methodNotAllowed: "method"
        case .unsupportedMediaType: "media_type"
        case .malformedForm: "malformed_form"
        case .ambiguousForm: "ambiguous_form"
        case .missingSignature: "missing_signature"
        case .invalidSignature: "invalid_signature"
        case .unknownAccount: "unknown_account"
        case .noOrigin: "no_origin"
        case .loop: "loop"
        }
    }

    /// True when the request is for no route, or not for this method; then it is kept only if it
    /// carries a signature, so that a scanner costs next to nothing.
    var isMisdirected: Bool { self == .notFound || self == .methodNotAllowed }

    /// True when another URL, token or body may give the signature: worth a search.
    var isExplained: Bool {
        switch self {
        case .notFound, .methodNotAllowed, .unsupportedMediaType, .invalidSignature,
            .unknownAccount, .noOrigin:
            true
        case .malformedForm, .ambiguousForm, .missingSignature, .loop: false
        }
    }

    /// What it counts as among validations; nil when no validation took place.
    var validation: ValidationResult? {
        switch self {
        case .notFound, .methodNotAllowed, .unsupportedMediaType, .loop: nil
        case .malformedForm, .ambiguousForm, .noOrigin: .malformed
        case .missingSignature: .missingSignature
        case .invalidSignature: .invalidSignature
        case .unknownAccount: .unknownAccount
        }
    }

    /// What it counts as among outcomes.
    var outcome: WebhookOutcome { status == 403 || status == 508 ? .refused : .malformed }

    /// What it counts as among errors; nil for a request that is merely not for us.
    var error: ErrorType? {
        switch self {
        case .notFound, .methodNotAllowed, .unsupportedMediaType: nil
        case .malformedForm, .ambiguousForm: .form
        case .noOrigin: .framing
        case .loop: .loop
        case .missingSignature, .invalidSignature, .unknownAccount: .signature
        }
    }
}
