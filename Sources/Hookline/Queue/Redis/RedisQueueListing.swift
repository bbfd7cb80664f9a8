import POSIX
import Redis

/// Looks at the shared queue without changing it, a bounded number of entries a call. Each call
/// waits for Redis until its deadline: never on an event loop.
struct RedisQueueListing: Sendable {
    /// One entry as commands show it, and what it holds.
    struct Entry: Sendable {
        var row: DeliveryRow
        /// Nil when it cannot be read.
        var webhook: Webhook?
    }

    private let link: RedisClient
    private let keys: RedisQueueKeys

    init(_ link: RedisClient, keys: RedisQueueKeys) {
        self.link = link
        self.keys = keys
    }

    /// Up to `count` entries of a place after one of them, or from its first on; nil when Redis
    /// cannot be read.
    func page(
        _ place: RedisRowID.Place, after entry: [UInt8]?, count: Int, deadlineNanoseconds: UInt64
    ) -> [Entry]? {
        let start = entry.map { Array("(".utf8) + $0 } ?? Array("-".utf8)
        switch place {
        case .dead, .high, .normal:
            return entries(place, from: start, to: Array("+".utf8), count, deadlineNanoseconds)
        case .retryableHigh, .retryableNormal:
            return retryable(place, QueueScripts.retryables, entry, count, deadlineNanoseconds)
        }
    }

    /// One entry; nil when Redis cannot be read, none when it is not there.
    func entry(_ id: RedisRowID, deadlineNanoseconds: UInt64) -> [Entry]? {
        switch id.place {
        case .dead, .high, .normal:
            entries(id.place, from: id.entry, to: id.entry, 1, deadlineNanoseconds)
        case .retryableHigh, .retryableNormal:
            retryable(id.place, QueueScripts.retryable, id.entry, 1, deadlineNanoseconds)
        }
    }

    private func entries(
        _ place: RedisRowID.Place, from start: [UInt8], to end: [UInt8], _ count: Int,
        _ deadline: UInt64
    ) -> [Entry]? {
        let stream = place.priority.map { keys.stream($0) } ?? keys.dead
        let range = RedisCommand("XRANGE").with(stream).with(start).with(end)
            .with("COUNT").with(max(1, count))
        guard case .reply(let reply) = link.ask(range, deadlineNanoseconds: deadline),
            let found = reply.elements
        else { return nil }
        var claims: [[UInt8]: Int64] = [:]
        if place != .dead, let first = found.first?.elements?.first?.bytes,
            let last = found.last?.elements?.first?.bytes
        {
            guard let read = self.claims(stream, from: first, to: last, found.count, deadline)
            else { return nil }
            claims = read
        }
        return found.compactMap { entry in
            guard let parts = entry.elements, parts.count == 2, let id = parts[0].bytes else {
                return nil
            }
            let claimed = claims[id]
            let state: DeliveryState =
                place == .dead ? .deadLettered : claimed == nil ? .available : .running
            return make(place, id, parts[1], state, claims: claimed ?? 0, due: nil)
        }
    }

    /// How often each entry that is claimed was claimed.
    private func claims(
        _ stream: [UInt8], from first: [UInt8], to last: [UInt8], _ count: Int, _ deadline: UInt64
    ) -> [[UInt8]: Int64]? {
        let command = RedisCommand("XPENDING").with(stream).with(RedisQueueKeys.group)
            .with(first).with(last).with(count)
        guard case .reply(let reply) = link.ask(command, deadlineNanoseconds: deadline) else {
            return nil
        }
        // Without a group nothing is claimed.
        var claims: [[UInt8]: Int64] = [:]
        for pending in reply.elements ?? [] {
            guard let parts = pending.elements, parts.count == 4, let id = parts[0].bytes,
                let times = parts[3].integer
            else { continue }
            claims[id] = times
        }
        return claims
    }

    private func retryable(
        _ place: RedisRowID.Place, _ script: RedisScript, _ entry: [UInt8]?, _ count: Int,
        _ deadline: UInt64
    ) -> [Entry]? {
        let priority = place.priority ?? .normal
        let outcome = link.run(
            script, keys: [keys.due(priority), keys.retryable(priority)],
            arguments: [entry ?? [], StreamEntry.text(max(1, count))],
            deadlineNanoseconds: deadline)
        guard case .reply(let reply) = outcome, let found = reply.elements else { return nil }
        return found.compactMap { item in
            guard let parts = item.elements, parts.count == 3, let id = parts[0].bytes else {
                return nil
            }
            return make(place, id, parts[2], .retryable, claims: 0, due: parts[1].integer)
        }
    }

    private func make(
        _ place: RedisRowID.Place, _ id: [UInt8], _ fields: RedisReply, _ state: DeliveryState,
        claims: Int64, due: Int64?
    ) -> Entry? {
        guard let number = RedisRowID(place, entry: id)?.number else { return nil }
        let told = StreamEntry.values(fields)
        let priority =
            place.priority ?? (told["priority"]?.text == "high" ? .high : .normal)
        let stored = StreamEntry.read(fields, priority: priority)
        let received = told["received"]?.integer ?? 0
        let sid = stored.map { $0.webhook[.messageSID] } ?? []
        var row = DeliveryRow(
            id: number, state: state.rawValue, priority: priority.rawValue,
            kind: WebhookKind(code: told["kind"]?.integer ?? 2).rawValue,
            received: Timestamp.text(milliseconds: received),
            attempts: (told["attempts"]?.integer ?? 0) + claims,
            due: state == .deadLettered ? nil : Timestamp.text(milliseconds: due ?? received),
            reason: told["reason"]?.text,
            messageSID: sid.isEmpty ? nil : String(decoding: sid, as: UTF8.self),
            bodyBytes: told["body"]?.bytes?.count ?? 0)
        row.destination = DestinationName.standard.text
        if let failure = StreamEntry.failure(told) { row.note(failure) }
        return Entry(row: row, webhook: stored?.webhook)
    }
}

extension QueueScripts {
    /// What is owed again later, the soonest first.
    ///
    /// Keys: due, retryable. Arguments: an entry after which it goes on, or nothing; how many.
    /// Answer: for each its id, when it is due and its fields.
    static let retryables = RedisScript(
        """
        local start = 0
        if ARGV[1] ~= '' then
            start = (redis.call('ZRANK', KEYS[1], ARGV[1]) or -1) + 1
        end
        local list = redis.call('ZRANGE', KEYS[1], start, start + ARGV[2] - 1, 'WITHSCORES')
        local rows = {}
        for at = 1, #list, 2 do
            local packed = redis.call('HGET', KEYS[2], list[at])
            rows[#rows + 1] = {list[at], list[at + 1], packed and cmsgpack.unpack(packed) or {}}
        end
        return rows
        """)

    /// One of those. Keys: due, retryable. Arguments: its entry. Answer: as `retryables`.
    static let retryable = RedisScript(
        """
        local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
        local packed = redis.call('HGET', KEYS[2], ARGV[1])
        if not due or not packed then return {} end
        return {{ARGV[1], due, cmsgpack.unpack(packed)}}
        """)
}
