import Redis

/// A webhook as an entry of a stream: what is stored, and what is read back.
enum StreamEntry {
    /// The values in the order of the append script; the body is not copied.
    static func values(_ webhook: Webhook, attempts: Int) -> [[UInt8]] {
        [
            webhook.identity.bytes, text(webhook.kind.code), text(webhook.receivedMilliseconds),
            text(attempts), webhook.head.bytes, webhook.body,
            text(RowChecksum.of(webhook, id: 0)),
        ]
    }

    /// Reads an entry's fields; nil when they are damaged, or are not what was written.
    static func read(
        _ fields: RedisReply, priority: DeliveryPriority
    ) -> StoredEntry? {
        guard let stored = parse(fields, priority: priority) else { return nil }
        return isCorrupt(fields, stored.webhook) ? nil : stored
    }

    /// True for fields that can be read and are not what was written. Entries of earlier versions
    /// have no checksum.
    static func isCorrupt(_ fields: RedisReply) -> Bool {
        parse(fields, priority: .normal).map { isCorrupt(fields, $0.webhook) } ?? false
    }

    private static func isCorrupt(_ fields: RedisReply, _ webhook: Webhook) -> Bool {
        guard let sum = values(fields)["sum"] else { return false }
        return sum.integer != RowChecksum.of(webhook, id: 0)
    }

    private static func parse(
        _ fields: RedisReply, priority: DeliveryPriority
    ) -> StoredEntry? {
        let values = Self.values(fields)
        guard let identity = values["identity"]?.bytes, identity.count == 16,
            let kind = values["kind"]?.integer, let received = values["received"]?.integer,
            let attempts = values["attempts"]?.integer, let body = values["body"]?.bytes,
            let head = values["head"]?.bytes.flatMap({ WebhookHead(stored: $0) })
        else { return nil }
        let webhook = Webhook(
            kind: WebhookKind(code: kind), priority: priority,
            identity: Identity(stored: identity), receivedMilliseconds: received, head: head,
            body: body)
        return StoredEntry(
            webhook: webhook, attempts: Int(clamping: attempts),
            owedMilliseconds: values["owed"]?.integer)
    }

    /// An entry's fields by name; none when they are no list.
    static func values(_ fields: RedisReply) -> [String: RedisReply] {
        let list = fields.elements ?? []
        var values: [String: RedisReply] = [:]
        for at in stride(from: 0, to: list.count - 1, by: 2) {
            if let name = list[at].text { values[name] = list[at + 1] }
        }
        return values
    }

    /// A number as it is sent.
    static func text(_ number: some BinaryInteger) -> [UInt8] { Array(String(number).utf8) }
}

/// What an entry of a stream holds.
struct StoredEntry: Sendable {
    var webhook: Webhook
    /// Attempts that ended before the entry was appended.
    var attempts: Int
    /// When it began to be owed, by the queue's time; nil in an entry of an earlier version.
    var owedMilliseconds: Int64?
}

/// What one claim brought.
struct RedisClaim: Sendable {
    /// Entries that can be worked on, in their order.
    var leases: [RedisLease] = []
    /// Entries that cannot be read, or are not what was written; they are given up.
    var damaged: [(lease: RedisLease, reason: DeadLetterReason)] = []
    /// When the next retryable delivery is due, in milliseconds from now; nil when none waits.
    var nextDueMilliseconds: Int64?
    /// Entries that were given up because they end every process that works on them.
    var poisoned: Int64 = 0
    /// Entries that somebody had deleted from the stream.
    var lost: Int64 = 0
    /// How many of the entries were another process's.
    var reclaimed: Int64 = 0
    /// The queue's time when it was made; nil for one that does not tell.
    var presentMilliseconds: Int64?

    /// Reads the claim script's answer; nil when it is none.
    init?(_ reply: RedisReply) {
        guard let parts = reply.elements, parts.count == 6, let taken = parts[0].elements,
            let wait = parts[1].integer, let poisoned = parts[2].integer,
            let lost = parts[3].integer, let reclaimed = parts[4].integer,
            let present = parts[5].integer
        else { return nil }
        nextDueMilliseconds = wait < 0 ? nil : wait
        self.poisoned = poisoned
        self.lost = lost
        self.reclaimed = reclaimed
        presentMilliseconds = present
        for entry in taken {
            guard let parts = entry.elements, parts.count == 4, let number = parts[0].integer,
                let id = parts[1].bytes, let deliveries = parts[2].integer
            else { return nil }
            add(id, deliveries, parts[3], number == 1 ? .high : .normal)
        }
    }

    /// Reads what a blocking XREADGROUP answered: an array of streams, or nothing.
    init?(reading reply: RedisReply, keys: RedisQueueKeys) {
        if reply == .null { return }
        guard let streams = reply.elements else { return nil }
        for stream in streams {
            guard let parts = stream.elements, parts.count == 2, let name = parts[0].bytes,
                let entries = parts[1].elements
            else { return nil }
            let priority: DeliveryPriority = name == keys.stream(.high) ? .high : .normal
            for entry in entries {
                guard let parts = entry.elements, parts.count == 2, let id = parts[0].bytes
                else { return nil }
                add(id, 1, parts[1], priority)
            }
        }
    }

    private mutating func add(
        _ id: [UInt8], _ deliveries: Int64, _ fields: RedisReply, _ priority: DeliveryPriority
    ) {
        let read = StreamEntry.read(fields, priority: priority)
        let lease = RedisLease(
            priority: priority, entry: id, deliveries: deliveries,
            attempt: (read?.attempts ?? 0) + Int(clamping: deliveries), webhook: read?.webhook,
            owedMilliseconds: read?.owedMilliseconds)
        if read != nil { return leases.append(lease) }
        damaged.append((lease, StreamEntry.isCorrupt(fields) ? .corrupt : .damaged))
    }
}
