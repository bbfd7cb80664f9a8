/// Which key a request says it was signed with.
///
/// A request signed with a SharedKey carries `X-Twilio-Webhooks-Signature-Settings`, for example
/// `key=webhooks_sharedkey_…,algorithm=HMAC_SHA256`
/// (https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys). The field is not signed, so
/// it only selects an entry of the tokens file: secret and algorithm are those of the entry.
package enum SigningScheme: Sendable, Equatable {
    /// The account's Auth Token with HMAC-SHA1: the field is absent, empty, or names no key.
    case authToken
    /// The SharedKey of this id.
    case sharedKey(id: [UInt8])
    /// There are several lines or several keys: nobody can say which one is meant.
    case unreadable

    /// The field's name, in lower case.
    package static let field: StaticString = "x-twilio-webhooks-signature-settings"

    /// Reads one value; its algorithm is not looked at.
    package init(settings: ArraySlice<UInt8>) {
        let keys = settings.split(separator: UInt8(ascii: ",")).map(Self.trimmed)
            .filter { $0.starts(with: "key=".utf8) }.map { Self.trimmed($0.dropFirst(4)) }
        guard let id = keys.first, !id.isEmpty else {
            self = .authToken
            return
        }
        self = keys.count == 1 ? .sharedKey(id: Array(id)) : .unreadable
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let start = text.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return [] }
        return start[...last]
    }
}
