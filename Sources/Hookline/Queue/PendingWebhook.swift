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
        /// The destinations whose attempts of immediate processing have not ended.
        var underWay: DestinationSet
        var taken = DestinationSet.none
    }

    /// How an attempt of immediate processing leaves the webhook.
    struct ImmediateEnd: Sendable {
        /// The number of its last delivery, if it was committed meanwhile.
        var committedID: Int64?
        /// It was the last attempt.
        var isLast: Bool
        /// Every destination has it.
        var isTakenByAll: Bool
    }

    /// What the store thread has to do after a commit.
    enum Commit: Sendable, Equatable {
        /// The ordinary case: in time.
        case inTime
        /// The fallback forwards it to `underWay` at this moment: those deliveries are held. Those
        /// to `taken` are complete, for they have it already; all others are owed.
        case late(underWay: DestinationSet, taken: DestinationSet)
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
    private let late: Mutex<Late>

    init(
        webhook: Webhook, unverified: UnverifiedRequest? = nil, validationKey: [UInt8]? = nil,
        receivedNanoseconds: UInt64, receipt: any WebhookReceipt
    ) {
        self.webhook = webhook
        late = Mutex(Late(underWay: webhook.destinations))
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

    /// The store thread has committed it, its last delivery as `id` (nil: it was a duplicate).
    func committed(id: Int64?) -> Commit {
        let exchange = owner.compareExchange(
            expected: Owner.store.rawValue, desired: Owner.committed.rawValue,
            ordering: .acquiringAndReleasing)
        if exchange.exchanged { return .inTime }
        return late.withLock { late in
            late.committedID = id
            return .late(underWay: late.underWay, taken: late.taken)
        }
    }

    /// The attempt of immediate processing with one destination ended.
    func immediateEnded(at number: DestinationNumber, taken: Bool) -> ImmediateEnd {
        late.withLock { late in
            late.underWay.remove(number)
            if taken { late.taken.insert(number) }
            return ImmediateEnd(
                committedID: late.committedID, isLast: late.underWay.isEmpty,
                isTakenByAll: late.taken == webhook.destinations)
        }
    }
}
