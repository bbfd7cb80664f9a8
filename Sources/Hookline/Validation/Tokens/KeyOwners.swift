import OpenSSL

/// Who has a key, found by the key's id. A value.
struct KeyOwners: Sendable {
    /// One key's place.
    struct Owner: Sendable {
        /// The account that it is listed under; empty for the tokens of every other account.
        var account: [UInt8]
        /// Its place among the account's tokens, from 0.
        var position: Int
        /// What signs a forwarded request that this key has proved: the key itself, or for a
        /// SharedKey the account's first Auth Token; nil when there is none.
        var signingKey: HMACKey?
    }

    private var owners: [UInt64: Owner] = [:]

    /// No keys.
    init() {}

    /// The keys of a table. One that is listed several times is its first owner's: that of every
    /// other account, then in the order of the accounts.
    init(_ table: TokenTable) {
        add(table.anyAccount, of: [])
        for (account, keys) in table.accountsInOrder { add(keys, of: account) }
        add(table.sharedKeys.anyAccount, signingWith: table.anyAccount.first, of: [])
        for (account, keys) in table.sharedKeys.byAccount {
            add(keys, signingWith: table.keys(of: account[...]).first, of: account)
        }
    }

    /// The owner of the key of this id; nil when it is not in force.
    subscript(id: UInt64) -> Owner? { owners[id] }

    /// Adds the tokens of an account.
    mutating func add(_ keys: [HMACKey], of account: [UInt8]) {
        for (position, key) in keys.enumerated() where owners[key.id] == nil {
            owners[key.id] = Owner(account: account, position: position, signingKey: key)
        }
    }

    /// Forgets tokens of an account.
    mutating func remove(_ keys: [HMACKey], of account: [UInt8]) {
        for key in keys where owners[key.id]?.account == account { owners[key.id] = nil }
    }

    private mutating func add(
        _ keys: [[UInt8]: SharedKey], signingWith signingKey: HMACKey?, of account: [UInt8]
    ) {
        for shared in keys.values where owners[shared.key.id] == nil {
            owners[shared.key.id] = Owner(account: account, position: 0, signingKey: signingKey)
        }
    }
}
