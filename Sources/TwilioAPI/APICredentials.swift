import OpenSSL

/// How Twilio's REST API knows the caller: basic authentication with an account SID and its Auth
/// Token, or with an API key (`SK…`) and its secret (https://www.twilio.com/docs/iam/api-keys).
///
/// A description or a dump of it shows nothing of the password.
public struct APICredentials: Sendable {
    /// The account SID, or the SID of an API key.
    public let user: String
    /// The Auth Token, or the key's secret.
    private let password: [UInt8]

    /// Credentials from their parts.
    public init(user: String, password: [UInt8]) {
        self.user = user
        self.password = password
    }

    /// True for an API key, which may not read everything that the Auth Token may.
    public var isKey: Bool { user.hasPrefix("SK") }

    /// The header line (RFC 7617).
    var authorization: [UInt8] {
        Array("Authorization: Basic ".utf8) + Base64.encode(Array("\(user):".utf8) + password)
    }
}

extension APICredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The user alone.
    public var description: String { "\(user) [redacted]" }
    /// The user alone.
    public var debugDescription: String { description }
    /// Shows nothing, to `dump` too.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
