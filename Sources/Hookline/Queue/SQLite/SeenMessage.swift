extension SeenIdentities {
    /// A message as it is claimed.
    struct Message {
        let identity: Identity
        let seenMilliseconds: Int64
        /// False for an event that may happen again: it is a repetition only within
        /// `repeatMilliseconds` of the one before it.
        let isNamed: Bool

        /// Seen at `time` of the store's clock; without one, at its receipt.
        init(_ webhook: Webhook, at time: Int64? = nil) {
            self.init(
                identity: webhook.identity,
                seenMilliseconds: time ?? webhook.receivedMilliseconds,
                isNamed: webhook.kind.isNamed)
        }

        init(identity: Identity, seenMilliseconds: Int64, isNamed: Bool = true) {
            self.identity = identity
            self.seenMilliseconds = seenMilliseconds
            self.isNamed = isNamed
        }
    }
}
