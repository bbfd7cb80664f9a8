import OpenSSL
import Synchronization

/// The Auth Tokens of all accounts as keys, first token first. A value, replaced as a whole.
struct TokenTable: Sendable {
    /// The tokens of accounts that are named.
    var byAccount: [[UInt8]: [HMACKey]] = [:]
    /// The tokens of every other account.
    var anyAccount: [HMACKey] = []

    /// The keys that may have signed a request of `account`; empty when it is unknown.
    ///
    /// A request that names no account (JSON) is tried against every token there is.
    func keys(of account: ArraySlice<UInt8>?) -> [HMACKey] {
        guard let account, !account.isEmpty else {
            return anyAccount + byAccount.values.flatMap(\.self)
        }
        guard !byAccount.isEmpty else { return anyAccount }
        return byAccount[Array(account)] ?? anyAccount
    }

    /// True when there is no token at all.
    var isEmpty: Bool { byAccount.isEmpty && anyAccount.isEmpty }
}

/// The tokens in force. Any thread.
final class Tokens: Sendable {
    private let table: Mutex<TokenTable>

    init(_ table: TokenTable) {
        self.table = Mutex(table)
    }

    /// The table in force now.
    var current: TokenTable { table.withLock { $0 } }

    /// Puts a new table in force; the next request is verified with it.
    func replace(_ next: TokenTable) { table.withLock { $0 = next } }
}
