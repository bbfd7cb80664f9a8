import POSIX

/// The kinds of body that Twilio sends.
enum MediaType: Sendable, Equatable {
    case form, json, other, none

    /// Reads the media type; parameters are ignored, letters compared in any case.
    init(_ field: ArraySlice<UInt8>?) {
        guard let field else {
            self = .none
            return
        }
        let essence = field.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
        if essence.isEmpty {
            self = .none
        } else if essence.equalsIgnoringCase("application/x-www-form-urlencoded") {
            self = .form
        } else if essence.equalsIgnoringCase("application/json") {
            self = .json
        } else {
            self = .other
        }
    }
}
