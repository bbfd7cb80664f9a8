import Redis

/// What people do with deliveries of the shared queue that wait for an attempt. Each call waits
/// for Redis until its deadline: never on an event loop.
struct RedisWaiting: Sendable {
    /// The answer for a delivery that some process has claimed.
    static let isRunning: Int64 = 2

    private let link: RedisClient
    private let keys: RedisQueueKeys

    init(_ link: RedisClient, keys: RedisQueueKeys) {
        self.link = link
        self.keys = keys
    }

    /// Makes one due at once, or throws it away: 1 when it was, 0 when it is not there, `isRunning`
    /// when it is claimed, nil when Redis did not answer.
    func change(_ verb: DeskVerb, _ id: RedisRowID, deadlineNanoseconds: UInt64) -> Int64? {
        guard let priority = id.place.priority else { return 0 }
        let word = Array(verb.rawValue.utf8)
        let outcome =
            switch id.place {
            case .dead, .high, .normal:
                link.run(
                    QueueScripts.changeAvailable, keys: [keys.stream(priority)],
                    arguments: [RedisQueueKeys.group, id.entry, word],
                    deadlineNanoseconds: deadlineNanoseconds)
            case .retryableHigh, .retryableNormal:
                link.run(
                    QueueScripts.changeRetryable,
                    keys: [
                        keys.due(priority), keys.received(priority), keys.retryable(priority),
                        keys.clock,
                    ], arguments: [id.entry, word], deadlineNanoseconds: deadlineNanoseconds)
            }
        guard case .reply(let reply) = outcome else { return nil }
        return reply.integer
    }
}

extension QueueScripts {
    /// Throws an entry away that nobody has claimed; one that is to be retried is due already.
    ///
    /// Keys: stream. Arguments: group, entry, `retry` or `discard`. Answer: 1 done, 0 not there,
    /// 2 claimed.
    static let changeAvailable = RedisScript(
        """
        local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
        if not pending.err and pending[1] then return 2 end
        if ARGV[3] == 'discard' then return redis.call('XDEL', KEYS[1], ARGV[2]) end
        return #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
        """)

    /// Makes what is owed again later due at once, or throws it away.
    ///
    /// Keys: due, received, retryable, clock. Arguments: entry, `retry` or `discard`. Answer: 1
    /// done, 0 not there.
    static let changeRetryable = RedisScript(
        present + """
            local now = present(KEYS[4])
            local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
            if not due then return 0 end
            if ARGV[2] == 'discard' then
                redis.call('ZREM', KEYS[1], ARGV[1])
                redis.call('ZREM', KEYS[2], ARGV[1])
                redis.call('HDEL', KEYS[3], ARGV[1])
            elseif tonumber(due) > now then
                redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
            end
            return 1
            """)
}
