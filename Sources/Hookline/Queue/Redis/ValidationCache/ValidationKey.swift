import OpenSSL

/// Makes the keys under which validations are known in Redis, from one Auth Token.
///
/// Who can read or write Redis can forge nothing: a key is 32 pseudo-random bytes that only
/// somebody with the token can make. Its first half names the entry and its second half is the
/// entry's content, so that somebody who saw a machine ask for a name still cannot write an entry
/// that counts. With the token every entry made with it is dead.
struct ValidationKeys: Sendable {
    private let secret: HMACKey

    /// The keys of a token. Twilio signs URLs with it and never this text, so that no signature
    /// is the secret.
    init(token: HMACKey) {
        secret = HMACKey(
            token.code(of: Array("hookline validation cache 1".utf8)), algorithm: .sha256)
    }

    /// The key of a request's fingerprint: 32 bytes.
    func key(of fingerprint: [UInt8]) -> [UInt8] { secret.code(of: fingerprint) }
}
