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
            .map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
        if essence.isEmpty {
            self = .none
        } else if essence.elementsEqual("application/x-www-form-urlencoded".utf8) {
            self = .form
        } else if essence.elementsEqual("application/json".utf8) {
            self = .json
        } else {
            self = .other
        }
    }
}
