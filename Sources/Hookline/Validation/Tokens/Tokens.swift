import OpenSSL
import POSIX
import Synchronization
import TwilioSignature

/// What is known at this moment of an account's tokens.
enum TokenLookup: Sendable {
    /// These may have signed, and nothing else can.
    case known([HMACKey])
    /// These may have signed, in any case; a source has to be asked for the account's own.
    case toFetch(meanwhile: [HMACKey])
    /// As `toFetch`, but the source failed a moment ago and is not asked now.
    case sourceFailing(meanwhile: [HMACKey])
    /// There is no token for this account, and no source has one.
    case unknown

    /// The keys that may have signed, as far as they are known.
    var keys: [HMACKey] {
        switch self {
        case .known(let keys), .toFetch(let keys), .sourceFailing(let keys): keys
        case .unknown: []
        }
    }
}

/// The tokens in force: those of environment and file, and those that were fetched. Any thread.
///
/// `epoch` changes whenever a token may have been removed: whoever remembers that something was
/// verified remembers in which epoch.
final class Tokens: Sendable {
    /// What a source said of one account.
    private struct Fetched: Sendable {
        /// None for an account that the source does not know.
        var tokens = FetchedTokens.none
        /// Until when it holds; a positive answer is used beyond it until it is fetched anew.
        var freshUntilNanoseconds: UInt64
        /// True when this stands for a source that failed.
        var isFailure = false
    }

    private struct State: Sendable {
        var table: TokenTable
        /// Every key of the table, those of every other account first.
        var tableKeys: [HMACKey] = []
        var tableOwners = KeyOwners()
        var fetched: [[UInt8]: Fetched] = [:]
        var fetchedOwners = KeyOwners()
        /// Accounts that were known before, and that the source has not answered for yet.
        var awaited: Set<[UInt8]> = []

        init(_ table: TokenTable) {
            self.table = table
            tableKeys = table.anyAccount + table.accountsInOrder.flatMap(\.keys)
            tableOwners = KeyOwners(table)
        }

        /// The keys of an account that is named, in the table or by a source.
        func named(_ account: [UInt8]) -> [HMACKey] {
            table.byAccount[account] ?? fetched[account]?.tokens.keys ?? []
        }

        /// Up to `max` of all keys, those of `account` first.
        func everyKey(_ account: [UInt8], max: Int) -> [HMACKey] {
            var keys = Array((named(account) + tableKeys).prefix(max))
            for fetched in fetched.values where keys.count < max {
                keys += fetched.tokens.keys.prefix(max - keys.count)
            }
            return keys
        }
    }

    /// How long answers of a source hold, and how many are kept.
    struct Options: Sendable {
        /// A positive answer is fetched anew after this.
        var freshNanoseconds: UInt64 = 300_000_000_000
        /// The source is not asked again for an account that it does not know before this.
        var unknownNanoseconds: UInt64 = 30_000_000_000
        /// The source is not asked again for an account after a failure before this.
        var failureNanoseconds: UInt64 = 1_000_000_000
        /// Accounts that are remembered; beyond it a tenth is forgotten: first those for which
        /// there are no tokens, then those of the earliest answers.
        var accountsMax = 20_000
    }

    /// True when there is a source beside the table.
    let hasSource: Bool

    private let options: Options
    private let state: Mutex<State>
    private let epochNumber = Atomic<UInt64>(0)

    init(_ table: TokenTable, hasSource: Bool = false, options: Options = Options()) {
        self.hasSource = hasSource
        self.options = options
        state = Mutex(State(table))
    }

    /// The number of the present epoch.
    var epoch: UInt64 { epochNumber.load(ordering: .acquiring) }

    /// The configured tokens in force now.
    var current: TokenTable { state.withLock { $0.table } }

    /// What is known of an account. Event loops.
    func lookup(_ account: ArraySlice<UInt8>) -> TokenLookup {
        // Only the keys leave the lock: every reference that is counted here is every loop's.
        let (named, meanwhile, anyAccount, fetched) = state.withLock { state in
            let table = state.table
            return (
                table.byAccount.isEmpty ? nil : table.byAccount[Array(account)],
                table.keys(of: account), hasSource ? table.anyAccount : [],
                hasSource ? state.fetched[Array(account)] : nil
            )
        }
        if let named { return .known(named) }
        guard hasSource, AccountSID.isValid(account) else {
            return meanwhile.isEmpty ? .unknown : .known(meanwhile)
        }
        guard let fetched else { return .toFetch(meanwhile: meanwhile) }
        if !fetched.tokens.keys.isEmpty {
            return .known(fetched.tokens.keys + anyAccount)
        }
        guard MonotonicClock.now() < fetched.freshUntilNanoseconds else {
            return .toFetch(meanwhile: meanwhile)
        }
        if fetched.isFailure { return .sourceFailing(meanwhile: meanwhile) }
        return meanwhile.isEmpty ? .unknown : .known(meanwhile)
    }

    /// True when no token is known of anybody, and the source failed whenever it was asked.
    var isSourceFailingWithNothingKnown: Bool {
        guard hasSource else { return false }
        return state.withLock { state in
            state.table.isEmpty && state.tableKeys.isEmpty && !state.fetched.isEmpty
                && state.fetched.values.allSatisfy { $0.isFailure && $0.tokens.keys.isEmpty }
        }
    }

    /// What may have signed a request that does not say who signed it, and perhaps names an
    /// account: every token that is known, those of the account first, up to `keysMax`. Event
    /// loops.
    func lookupAnySigner(
        _ account: ArraySlice<UInt8>, keysMax: Int = TokenTable.keysOfAnySignerMax
    ) -> TokenLookup {
        let name = Array(account)
        let (keys, isListed, fetched, isComplete) = state.withLock { state in
            (
                state.everyKey(name, max: keysMax), state.table.byAccount[name] != nil,
                state.fetched[name], state.awaited.isEmpty
            )
        }
        let known: TokenLookup = keys.isEmpty ? .unknown : .known(keys)
        // After a start it may be anybody's whom the source has not answered for yet.
        guard isComplete else { return .sourceFailing(meanwhile: keys) }
        guard hasSource, !isListed, AccountSID.isValid(account) else { return known }
        guard let fetched else { return .toFetch(meanwhile: keys) }
        if !fetched.tokens.keys.isEmpty { return known }
        guard MonotonicClock.now() < fetched.freshUntilNanoseconds else {
            return .toFetch(meanwhile: keys)
        }
        return fetched.isFailure ? .sourceFailing(meanwhile: keys) : known
    }

    /// What may have signed a request that names its signing scheme. Event loops.
    ///
    /// A SharedKey that is not listed, or not for this account, matches no signature.
    func lookup(
        _ account: ArraySlice<UInt8>, _ scheme: SigningScheme, isSigner: Bool = true,
        keysMax: Int = TokenTable.keysOfAnySignerMax
    ) -> TokenLookup {
        switch scheme {
        case .authToken:
            isSigner ? lookup(account) : lookupAnySigner(account, keysMax: keysMax)
        case .sharedKey(let id):
            .known(
                current.sharedKeys.key(id: id, account: isSigner ? account : nil)
                    .map { [$0.key] } ?? [])
        case .unreadable: .known([])
        }
    }

    /// True when an account's answer is old enough to be fetched anew, at leisure.
    func isStale(_ account: ArraySlice<UInt8>) -> Bool {
        guard hasSource else { return false }
        return state.withLock { state in
            guard let fetched = state.fetched[Array(account)] else { return false }
            return MonotonicClock.now() >= fetched.freshUntilNanoseconds
        }
    }

    /// The key that a forwarded request is signed with: the one that has proved it, if it is still
    /// in force, else the account's first; nil while there is none.
    func signingKey(provedBy keyID: UInt64?, account: ArraySlice<UInt8>) -> HMACKey? {
        if let keyID, let key = owner(of: keyID)?.signingKey { return key }
        return lookup(account).keys.first
    }

    /// Whose a key is; nil when it is not in force.
    func owner(of keyID: UInt64) -> KeyOwners.Owner? {
        state.withLock { $0.tableOwners[keyID] ?? $0.fetchedOwners[keyID] }
    }

    /// The keys of some accounts that a source was asked for.
    func fetchedKeys(accountsMax: Int) -> [(account: [UInt8], keys: [HMACKey])] {
        state.withLock { state in
            state.fetched.prefix(accountsMax).map { ($0.key, $0.value.tokens.keys) }
        }
    }

    /// Names accounts that the source is to be asked for first: until it has answered for all of
    /// them, a request that does not say who signed it is not called forged.
    func await(_ accounts: [[UInt8]]) { state.withLock { $0.awaited = Set(accounts) } }

    /// Accounts that the source has not answered for since `await`. Any thread.
    func awaited(max: Int) -> [[UInt8]] { state.withLock { Array($0.awaited.prefix(max)) } }

    /// Puts a new table in force; the next request is verified with it.
    func replace(_ next: TokenTable) {
        let replaced = State(next)
        state.withLock { state in
            let before = state
            state = replaced
            state.fetched = before.fetched
            state.fetchedOwners = before.fetchedOwners
            state.awaited = before.awaited
        }
        // Releasing: who sees the new epoch looks up in the new table.
        epochNumber.add(1, ordering: .acquiringAndReleasing)
    }

    /// Notes what a source said, nil when it failed. A fetching thread.
    func note(_ answer: FetchedTokens?, of account: [UInt8]) {
        let now = MonotonicClock.now()
        let isRemoval = state.withLock { state in
            let before = state.fetched[account]?.tokens ?? .none
            guard let answer else {
                // A failure does not unmake what was known.
                state.fetched[account] = Fetched(
                    tokens: before, freshUntilNanoseconds: now + options.failureNanoseconds,
                    isFailure: true)
                return false
            }
            state.awaited.remove(account)
            let holds =
                answer.keys.isEmpty ? options.unknownNanoseconds : options.freshNanoseconds
            state.fetched[account] = Fetched(tokens: answer, freshUntilNanoseconds: now + holds)
            state.fetchedOwners.remove(before.keys, of: account)
            state.fetchedOwners.add(answer.keys, of: account)
            if state.fetched.count > options.accountsMax { Self.forgetEarliest(&state) }
            return !before.keys.isEmpty && before.digest != answer.digest
        }
        if isRemoval { epochNumber.add(1, ordering: .acquiringAndReleasing) }
    }

    /// Forgets a tenth of the accounts at once, so that it is done seldom.
    private static func forgetEarliest(_ state: inout State) {
        let order = state.fetched.sorted { one, other in
            let (isUseless, isOtherUseless) = (
                one.value.tokens.keys.isEmpty, other.value.tokens.keys.isEmpty
            )
            return isUseless == isOtherUseless
                ? one.value.freshUntilNanoseconds < other.value.freshUntilNanoseconds
                : isUseless
        }
        for (account, forgotten) in order.prefix(max(1, order.count / 10)) {
            state.fetched[account] = nil
            state.fetchedOwners.remove(forgotten.tokens.keys, of: account)
        }
    }
}

/// The tokens that a source gave for one account.
struct FetchedTokens: Sendable {
    /// First token first; empty for an account that the source does not know.
    let keys: [HMACKey]
    /// Tells one set of tokens from another without keeping them.
    let digest: [UInt8]

    /// No tokens.
    static let none = FetchedTokens(keys: [], digest: [])

    private init(keys: [HMACKey], digest: [UInt8]) {
        self.keys = keys
        self.digest = digest
    }

    /// Keys of these tokens.
    init(_ tokens: [Secret]) {
        keys = tokens.map { HMACKey($0.bytes) }
        digest = SHA256.digest(Array(tokens.map(\.bytes).joined(separator: [0x0a])))
    }
}
