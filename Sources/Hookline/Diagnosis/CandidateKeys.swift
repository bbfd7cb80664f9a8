import OpenSSL
import TwilioSignature

/// Whose key gave a signature. Never which one.
enum TokenOwner: Sendable, Hashable {
    /// One that verification tried.
    case own
    /// An Auth Token listed under another account.
    case account([UInt8])
    /// An Auth Token of `TWILIO_AUTH_TOKEN` or `*`, which a listed account does not have.
    case everyAccount
    /// An Auth Token of the account, though the request names a SharedKey.
    case authToken
    /// A SharedKey of the account, though the request names none, or another one.
    case sharedKey
    /// The SharedKey that is named, under the algorithm that is not configured for it.
    case otherAlgorithm
    /// The SharedKey that is named, listed under another account.
    case sharedKeyOf([UInt8])
}

/// Keys of one owner.
struct KeyGroup: Sendable {
    var owner: TokenOwner
    var keys: [HMACKey]
}

/// Every key that is worth a try for one request.
struct CandidateKeys: Sendable {
    /// The keys that verification tries.
    var own: [HMACKey]
    /// All others, in the order in which they are tried.
    var others: [KeyGroup] = []
}

/// All tokens in force at one moment, in a fixed order.
struct KeyRing: Sendable {
    /// More keys than this are not kept.
    static let keysMax = 256

    private let accounts: [(account: [UInt8], keys: [HMACKey])]
    private let table: TokenTable

    /// The tokens in force now, those of a source too as far as they are known.
    init(_ tokens: Tokens) {
        table = tokens.current
        var named = table.byAccount
        for (account, keys) in tokens.fetchedKeys(accountsMax: Self.keysMax) {
            named[account] = named[account] ?? keys
        }
        var room = Self.keysMax
        var accounts: [(account: [UInt8], keys: [HMACKey])] = []
        for (account, keys) in named.sorted(by: { Self.isBefore($0.key, $1.key) })
        where room > 0 && !keys.isEmpty {
            accounts.append((account, Array(keys.prefix(room))))
            room -= keys.count
        }
        self.accounts = accounts
    }

    /// The candidates for a request of `account`; `own` are the keys that verification tries.
    func candidates(
        own: [HMACKey], account: ArraySlice<UInt8>, scheme: SigningScheme
    ) -> CandidateKeys {
        var keys = CandidateKeys(own: own)
        let sid = Array(account)
        let shared = table.sharedKeys.byAccount[sid] ?? table.sharedKeys.anyAccount
        let sharedKeys = shared.sorted { Self.isBefore($0.key, $1.key) }.map(\.value)
        switch scheme {
        case .authToken, .unreadable:
            keys.add(.sharedKey, sharedKeys.map(\.key))
            keys.add(.otherAlgorithm, sharedKeys.map(\.misconfigured))
        case .sharedKey(let id):
            if let named = table.sharedKeys.key(id: id, account: account) {
                keys.add(.otherAlgorithm, [named.misconfigured])
            }
            keys.add(.authToken, table.keys(of: account))
            for other in table.sharedKeys.byAccount.keys.sorted(by: Self.isBefore)
            where other != sid {
                let named = table.sharedKeys.byAccount[other]?[id]
                keys.add(.sharedKeyOf(other), named.map { [$0.key] } ?? [])
            }
            keys.add(.sharedKey, sharedKeys.map(\.key))
        }
        let isListed = !account.isEmpty && table.byAccount[sid] != nil
        if isListed || scheme != .authToken { keys.add(.everyAccount, table.anyAccount) }
        for (other, tokens) in accounts where other != sid && !account.isEmpty {
            keys.add(.account(other), tokens)
        }
        return keys
    }

    private static func isBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.lexicographicallyPrecedes(right)
    }
}

extension CandidateKeys {
    fileprivate mutating func add(_ owner: TokenOwner, _ keys: [HMACKey]) {
        let room = KeyRing.keysMax - others.reduce(0) { $0 + $1.keys.count }
        let fitting = Array(keys.prefix(max(0, room)))
        if !fitting.isEmpty { others.append(KeyGroup(owner: owner, keys: fitting)) }
    }

    /// The keys of one owner.
    func keys(of owner: TokenOwner) -> [HMACKey] {
        owner == .own ? own : others.first { $0.owner == owner }?.keys ?? []
    }
}
