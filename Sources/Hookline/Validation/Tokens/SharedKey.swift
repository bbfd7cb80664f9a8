import OpenSSL

/// A signing key of Twilio's webhook settings: its secret, prepared, and its one algorithm.
struct SharedKey: Sendable {
    /// The algorithm that the tokens file gives it.
    let algorithm: HashAlgorithm
    /// The key under its algorithm.
    let key: HMACKey
    /// The key under the other algorithm, which verifies nothing: the explainer tells a wrong
    /// `algorithm` by it.
    let misconfigured: HMACKey

    /// Prepares a key.
    init(secret: Secret, algorithm: HashAlgorithm) {
        self.algorithm = algorithm
        key = HMACKey(secret.bytes, algorithm: algorithm)
        misconfigured = HMACKey(secret.bytes, algorithm: algorithm == .sha1 ? .sha256 : .sha1)
    }
}

/// The SharedKeys of the tokens file. A value, replaced as a whole with the tokens.
struct SharedKeyTable: Sendable {
    /// The keys of accounts that are named, by id; an account that is named without keys has none.
    var byAccount: [[UInt8]: [[UInt8]: SharedKey]] = [:]
    /// The keys of every other account, by id.
    var anyAccount: [[UInt8]: SharedKey] = [:]

    /// The key of this id that may have signed a request of `account`; nil when there is none.
    ///
    /// A request that names no account (JSON) may be signed with anybody's key.
    func key(id: [UInt8], account: ArraySlice<UInt8>?) -> SharedKey? {
        guard let account, !account.isEmpty else {
            return anyAccount[id] ?? byAccount.values.lazy.compactMap { $0[id] }.first
        }
        guard let own = byAccount[Array(account)] else { return anyAccount[id] }
        return own[id]
    }
}
