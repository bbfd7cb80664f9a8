/// A message as deduplication sees it.
struct SeenMessage: Sendable, Equatable {
    let identity: Identity
    /// When it was seen: milliseconds, by the store's clock once the store has to do with it.
    let seenMilliseconds: Int64
    /// False for an event that may happen again: it is a repetition only within
    /// `repeatMilliseconds` of the one before it.
    let isNamed: Bool
    /// Numbers that the message takes, one for each of its deliveries.
    let rows: Int

    init(identity: Identity, seenMilliseconds: Int64, isNamed: Bool = true, rows: Int = 1) {
        self.rows = rows
        self.identity = identity
        self.seenMilliseconds = seenMilliseconds
        self.isNamed = isNamed
    }

    /// Seen at `time` of the store's clock; without one, at its receipt.
    init(_ webhook: Webhook, at time: Int64? = nil) {
        self.init(
            identity: webhook.identity, seenMilliseconds: time ?? webhook.receivedMilliseconds,
            isNamed: webhook.kind.isNamed, rows: webhook.destinations.count)
    }

    /// The same, seen at its receipt, which is by the wall clock, or now at the latest: by the
    /// store's clock.
    func received(by clock: StoreClock) -> SeenMessage {
        SeenMessage(
            identity: identity,
            seenMilliseconds: min(
                clock.nowMilliseconds, clock.storeMilliseconds(at: seenMilliseconds)),
            isNamed: isNamed, rows: rows)
    }
}
