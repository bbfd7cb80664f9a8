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

    /// A request that does not say which account signed it (JSON, a click event) is tried against
    /// at most this many tokens while somebody waits for its answer.
    static let keysOfAnySignerMax = 64

    /// The keys that may have signed a request of `account`; empty when it is unknown.
    func keys(of account: ArraySlice<UInt8>) -> [HMACKey] {
        guard !byAccount.isEmpty else { return anyAccount }
        return byAccount[Array(account)] ?? anyAccount
    }

    /// The accounts that are named, in the order of their bytes.
    var accountsInOrder: [(account: [UInt8], keys: [HMACKey])] {
        byAccount.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { (account: $0.key, keys: $0.value) }
    }

    /// True when there is no token at all.
    var isEmpty: Bool { byAccount.isEmpty && anyAccount.isEmpty }
}
