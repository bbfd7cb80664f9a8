/// One webhook in immediate processing.
struct ImmediateWebhook: Sendable {
    let pending: PendingWebhook
    /// When its attempt must have ended, by the monotonic clock.
    let deadlineNanoseconds: UInt64
}

/// The attempts that have begun and not ended. Confined to the forwarding thread.
struct AttemptsUnderWay {
    /// What is being forwarded.
    enum Item {
        case delivery(Delivery)
        case immediate(PendingWebhook)
    }

    /// Deliveries that the queue was asked for and has not handed out. Below zero when it handed
    /// out what had just been taken back.
    var asked = 0
    /// How many there may be.
    var pace: DestinationPace
    /// How many may begin in a second; nil for no limit.
    var rate: RateLimit?
    /// How many of the attempts are deliveries'.
    private(set) var deliveries = 0
    private var items: [UInt64: Item] = [:]
    private var lastTag: UInt64 = 0

    init(pace: DestinationPace, rate: RateLimit? = nil) {
        self.pace = pace
        self.rate = rate
    }

    /// How many of deliveries there may be at this time.
    mutating func room(at now: UInt64) -> Int {
        let allowed = pace.room(at: now)
        guard let begun = rate?.room(at: now) else { return allowed }
        return min(allowed, deliveries + begun)
    }

    /// How many there are.
    var count: Int { items.count }

    /// A delivery's attempt begins.
    mutating func add(_ delivery: Delivery) -> Attempt {
        lastTag += 1
        deliveries += 1
        rate?.took()
        items[lastTag] = .delivery(delivery)
        return Attempt(tag: lastTag, webhook: delivery.webhook, number: delivery.attempt)
    }

    /// The attempt of immediate processing begins: what is left of its time is its limit.
    mutating func add(_ webhook: ImmediateWebhook, nowNanoseconds now: UInt64) -> Attempt {
        lastTag += 1
        items[lastTag] = .immediate(webhook.pending)
        let deadline = webhook.deadlineNanoseconds
        let left = deadline > now ? Int((deadline - now) / 1_000_000) : 0
        return Attempt(
            tag: lastTag, webhook: webhook.pending.webhook, number: 1,
            timeoutMilliseconds: max(1, left))
    }

    /// True for an attempt of immediate processing.
    func isImmediate(_ tag: UInt64) -> Bool {
        if case .immediate = items[tag] { true } else { false }
    }

    /// An attempt ended; nil when there is none of this tag.
    mutating func remove(_ tag: UInt64) -> Item? {
        let item = items.removeValue(forKey: tag)
        if case .delivery = item { deliveries -= 1 }
        return item
    }

    /// All of them are given up.
    mutating func removeAll() -> [Item] {
        defer {
            items = [:]
            deliveries = 0
        }
        return Array(items.values)
    }
}
