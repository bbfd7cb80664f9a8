/// The names of the queue's keys. All carry one hash tag, so that a cluster keeps them together.
struct RedisQueueKeys: Sendable {
    /// The consumer group of all machines.
    static let group = Array("hookline".utf8)

    private let prefix: String

    /// The keys below a prefix.
    init(prefix: String = "{hookline}:") {
        self.prefix = prefix
    }

    /// The stream of deliveries that are available or running.
    func stream(_ priority: DeliveryPriority) -> [UInt8] { key("queue:\(priority.rawValue)") }

    /// When each retryable delivery is due: a sorted set of entries by milliseconds.
    func due(_ priority: DeliveryPriority) -> [UInt8] { key("due:\(priority.rawValue)") }

    /// When each retryable delivery was received: a sorted set of entries by milliseconds.
    func received(_ priority: DeliveryPriority) -> [UInt8] { key("received:\(priority.rawValue)") }

    /// The fields of retryable deliveries: a hash by entry.
    func retryable(_ priority: DeliveryPriority) -> [UInt8] {
        key("retryable:\(priority.rawValue)")
    }

    /// Says that a message was appended; expires with the deduplication's retention.
    func seen(_ identity: Identity) -> [UInt8] { key("seen:") + identity.bytes }

    /// The stream of deliveries that were given up.
    var dead: [UInt8] { key("dead") }

    /// The queue's own time: what Redis's clock said last, and how far it is ahead.
    var clock: [UInt8] { key("clock") }

    /// A random text that stands as long as the data does.
    var epoch: [UInt8] { key("epoch") }

    /// How many messages each process has appended: a hash by consumer.
    var appends: [UInt8] { key("appends") }

    /// Deleted by every check, though it is never there: a write, which only a fit Redis does.
    var probe: [UInt8] { key("probe") }

    private func key(_ name: String) -> [UInt8] { Array((prefix + name).utf8) }
}
