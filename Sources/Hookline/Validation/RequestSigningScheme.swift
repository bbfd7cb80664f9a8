import MicroHTTP
import TwilioSignature

extension SigningScheme {
    /// What the header fields of a request say.
    init(_ fields: HTTPFields) {
        switch fields.count(of: Self.field) {
        case 0: self = .authToken
        case 1: self.init(settings: fields.first(Self.field) ?? [])
        default: self = .unreadable
        }
    }
}
