import Prometheus

/// Why a request was refused although its signature is right, as the label `reason`.
enum GenuineRejection: String, LabelValue {
    /// Its path is no route.
    case notFound = "not_found"
    /// Its method is neither POST nor GET.
    case method
    /// A field that has one value is there with two.
    case ambiguousForm = "ambiguous_form"

    /// Nil for a refusal that no genuine request meets.
    init?(_ rejection: Rejection) {
        switch rejection {
        case .notFound: self = .notFound
        case .methodNotAllowed: self = .method
        case .ambiguousForm: self = .ambiguousForm
        case .unsupportedMediaType, .malformedForm, .missingSignature, .invalidSignature,
            .unknownAccount, .noOrigin, .loop:
            return nil
        }
    }

    /// What its answer says.
    var rejection: Rejection {
        switch self {
        case .notFound: .notFound
        case .method: .methodNotAllowed
        case .ambiguousForm: .ambiguousForm
        }
    }
}
