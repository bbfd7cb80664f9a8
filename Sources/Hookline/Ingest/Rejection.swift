/// Why a request is not taken; each has its status and what it counts as.
enum Rejection: Error, Sendable, Equatable {
    /// No route has this path.
    case notFound
    /// The route takes POST only.
    case methodNotAllowed
    /// The body is neither a form nor JSON.
    case unsupportedMediaType
    /// The form cannot be read, or repeats a field that has one value.
    case malformedForm
    /// There is no `X-Twilio-Signature`, or more than one.
    case missingSignature
    /// No token and no form of the URL gives this signature.
    case invalidSignature
    /// There is no token for the request's account.
    case unknownAccount
    /// The origin cannot be told, because this header is missing or cannot be read.
    case noOrigin(OriginHeader)

    /// The status of the answer.
    var status: UInt16 {
        switch self {
        case .notFound: 404
        case .methodNotAllowed: 405
        case .unsupportedMediaType: 415
        case .malformedForm, .noOrigin: 400
        case .missingSignature, .invalidSignature, .unknownAccount: 403
        }
    }

    /// What it counts as among validations; nil when no validation took place.
    var validation: ValidationResult? {
        switch self {
        case .notFound, .methodNotAllowed, .unsupportedMediaType: nil
        case .malformedForm, .noOrigin: .malformed
        case .missingSignature: .missingSignature
        case .invalidSignature: .invalidSignature
        case .unknownAccount: .unknownAccount
        }
    }

    /// What it counts as among outcomes.
    var outcome: WebhookOutcome { status == 403 ? .refused : .malformed }

    /// What it counts as among errors; nil for a request that is merely not for us.
    var error: ErrorType? {
        switch self {
        case .notFound, .methodNotAllowed, .unsupportedMediaType: nil
        case .malformedForm: .form
        case .noOrigin: .framing
        case .missingSignature, .invalidSignature, .unknownAccount: .signature
        }
    }
}
