import OpenSSL

/// The Auth Tokens that the configuration names, as keys, first token first. A value, replaced as
/// a whole.
struct TokenTable: Sendable {
    /// The tokens of accounts that are named.
    var byAccount: [[UInt8]: [HMACKey]] = [:]
    /// The tokens of every other account.
    var anyAccount: [HMACKey] = []
    /// The SharedKeys of all accounts.
    var sharedKeys = SharedKeyTable()

    /// A request that names no account (JSON) is tried against at most this many tokens.
    static let keysOfNobodyMax = 16

    /// The keys that may have signed a request of `account`; empty when it is unknown.
    ///
    /// A request that names no account (JSON) is tried against every token there is, up to
    /// `keysOfNobodyMax`.
    func keys(of account: ArraySlice<UInt8>?) -> [HMACKey] {
        guard let account, !account.isEmpty else {
            return Array(
                (anyAccount + byAccount.values.joined()).prefix(Self.keysOfNobodyMax))
        }
        guard !byAccount.isEmpty else { return anyAccount }
        return byAccount[Array(account)] ?? anyAccount
    }

    /// True when there is no token at all.
    var isEmpty: Bool { byAccount.isEmpty && anyAccount.isEmpty }
}
