import MicroHTTP
import Synchronization

/// Whoever waits for the fate of a webhook; every call but the first changes nothing.
protocol WebhookReceipt: Sendable {
    /// Nothing of its validation is left; what follows is the commit.
    func validated()
    /// Another machine has validated and stored it. The reply leaves with its batch's others.
    func known()
    /// It is committed in this store. The reply leaves with its batch's others.
    func stored(in store: StoreName)
    /// It was committed, or taken, before. The reply leaves with its batch's others.
    func duplicate(in store: StoreName)
    /// It is committed unverified: it is owed once its account's token has proved it. The reply
    /// leaves with its batch's others.
    func deferred()
    /// The application itself took it, on the last step of the fallback.
    func taken()
    /// Neither the store nor the application has it, and why: 503.
    func unavailable(_ cause: UnavailableCause)
}

/// One webhook on its way into the store, and on to the next step when the store is late.
///
/// Two threads may want it at once: the store thread when its commit returns, and the fallback
/// when the store's deadline passes. `owner` decides; what comes second is told so.
final class PendingWebhook: Sendable {
    private enum Owner: UInt8 {
        case store, fallback, committed
    }

    /// What is known of a webhook that both have had.
    private struct Late {
        var committedID: Int64?
        var immediate = Immediate.running
    }

    /// How far immediate processing came.
    enum Immediate: Sendable {
        case running, taken, failed
    }

    /// What the store thread has to do after a commit.
    enum Commit: Sendable, Equatable {
        /// The ordinary case: in time.
        case inTime
        /// The fallback forwards it at this moment: hold the delivery.
        case lateWhileForwarding
        /// The application has it already: the delivery is complete.
        case lateButTaken
        /// The application did not take it: the delivery is owed.
        case lateAndOwed
    }

    /// What is to be stored.
    let webhook: Webhook
    /// The request itself when nobody could tell in time whether it is genuine, else nil.
    let unverified: UnverifiedRequest?
    /// The key by which other machines know its validation, for `RedisValidationCache`; nil when
    /// they are not asked.
    let validationKey: [UInt8]?
    /// When the last byte of its request was received: nanoseconds of the monotonic clock.
    let receivedNanoseconds: UInt64
    /// Who waits for its fate.
    let receipt: any WebhookReceipt

    private let abandoned = Atomic<Int>(0)
    private let owner = Atomic<UInt8>(Owner.store.rawValue)
    private let late = Mutex(Late())

    init(
        webhook: Webhook, unverified: UnverifiedRequest? = nil, validationKey: [UInt8]? = nil,
        receivedNanoseconds: UInt64, receipt: any WebhookReceipt
    ) {
        self.webhook = webhook
        self.unverified = unverified
        self.validationKey = validationKey
        self.receivedNanoseconds = receivedNanoseconds
        self.receipt = receipt
    }

    /// False when nobody could tell in time whether it is genuine: nothing but the store may
    /// have it.
    var isVerified: Bool { unverified == nil }

    /// The store will not commit it any more, for this reason. Before the fallback has it.
    func abandon(_ cause: UnavailableCause) {
        abandoned.store(cause.place, ordering: .releasing)
    }

    /// Why the store will not commit it any more; nil while it may.
    var abandonedCause: UnavailableCause? {
        UnavailableCause(place: abandoned.load(ordering: .acquiring))
    }

    /// The fallback takes it from the store; false when it is committed, or taken over before.
    func takeOver() -> Bool {
        owner.compareExchange(
            expected: Owner.store.rawValue, desired: Owner.fallback.rawValue,
            ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// True when it was taken over, so that an append may find it delivered already.
    var isTakenOver: Bool { owner.load(ordering: .acquiring) == Owner.fallback.rawValue }

    /// The store thread has committed it as delivery `id` (nil: it was a duplicate).
    func committed(id: Int64?) -> Commit {
        let exchange = owner.compareExchange(
            expected: Owner.store.rawValue, desired: Owner.committed.rawValue,
            ordering: .acquiringAndReleasing)
        if exchange.exchanged { return .inTime }
        return late.withLock { late in
            late.committedID = id
            return switch late.immediate {
            case .running: .lateWhileForwarding
            case .taken: .lateButTaken
            case .failed: .lateAndOwed
            }
        }
    }

    /// Immediate processing ended; returns the delivery that was committed meanwhile, if any.
    func immediateEnded(taken: Bool) -> Int64? {
        late.withLock { late in
            late.immediate = taken ? .taken : .failed
            return late.committedID
        }
    }
}
