import POSIX

/// The kinds of body that Twilio sends.
package enum MediaType: Sendable, Equatable {
    case form, other, none
    /// `application/json`, and what ends with `+json`, such as `application/cloudevents+json`.
    case json

    /// True when the body is read, and signed, as a form; no content type counts as one.
    package var isForm: Bool { self == .form || self == .none }

    /// Reads the media type; parameters are ignored, letters compared in any case.
    package init(_ field: ArraySlice<UInt8>?) {
        guard let field else {
            self = .none
            return
        }
        let essence = field.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
        if essence.isEmpty {
            self = .none
        } else if essence.equalsIgnoringCase("application/x-www-form-urlencoded") {
            self = .form
        } else if essence.equalsIgnoringCase("application/json")
            || essence.suffix(5).equalsIgnoringCase("+json")
        {
            self = .json
        } else {
            self = .other
        }
    }
}
