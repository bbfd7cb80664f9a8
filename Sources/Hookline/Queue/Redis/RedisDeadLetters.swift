import POSIX
import Redis

/// One delivery that was given up, as it is kept in Redis.
struct RedisDeadLetter: Sendable {
    /// Its entry's id among the dead letters.
    var entry: [UInt8]
    /// Why it was given up: a `DeadLetterReason`, unless a newer Hookline wrote it.
    var reason: String
    /// When it was given up: milliseconds since the epoch, by Redis's clock.
    var diedMilliseconds: Int64
    /// How many attempts were made.
    var attempts: Int
    /// What it was; nil when that cannot be read.
    var webhook: Webhook?
}

/// What people do with the shared queue's dead letters. Each call waits for Redis until its
/// deadline: never on an event loop.
struct RedisDeadLetters: Sendable {
    private let link: RedisClient
    private let keys: RedisQueueKeys

    init(_ link: RedisClient, keys: RedisQueueKeys) {
        self.link = link
        self.keys = keys
    }

    /// Up to `count` of them after an entry, or from the oldest on; nil when Redis cannot be read.
    func list(
        after entry: [UInt8]?, count: Int, deadlineNanoseconds: UInt64
    ) -> [RedisDeadLetter]? {
        let start = entry.map { Array("(".utf8) + $0 } ?? Array("-".utf8)
        let command = RedisCommand("XRANGE").with(keys.dead).with(start).with("+")
            .with("COUNT").with(max(1, count))
        return ask(command, deadlineNanoseconds)
    }

    /// The latest of them, or none; nil when Redis cannot be read.
    func last(deadlineNanoseconds: UInt64) -> [RedisDeadLetter]? {
        let command = RedisCommand("XREVRANGE").with(keys.dead).with("+").with("-")
            .with("COUNT").with(1)
        return ask(command, deadlineNanoseconds)
    }

    private func ask(_ command: RedisCommand, _ deadline: UInt64) -> [RedisDeadLetter]? {
        let outcome = link.ask(command, deadlineNanoseconds: deadline)
        guard case .reply(let reply) = outcome else { return nil }
        return reply.elements?.compactMap { Self.read($0) }
    }

    /// Makes one owed again, as if it had just been appended: 1 when it was, 0 when it is not
    /// there, nil when Redis did not answer.
    func retry(_ entry: [UInt8], deadlineNanoseconds: UInt64) -> Int64? {
        let outcome = link.run(
            QueueScripts.revive,
            keys: [keys.dead, keys.stream(.high), keys.stream(.normal), keys.clock],
            arguments: [entry],
            deadlineNanoseconds: deadlineNanoseconds)
        guard case .reply(let reply) = outcome else { return nil }
        return reply.integer
    }

    /// Throws one away: 1 when it was, 0 when it is not there, nil when Redis did not answer.
    func discard(_ entry: [UInt8], deadlineNanoseconds: UInt64) -> Int64? {
        let command = RedisCommand("XDEL").with(keys.dead).with(entry)
        let outcome = link.ask(command, deadlineNanoseconds: deadlineNanoseconds)
        guard case .reply(let reply) = outcome else { return nil }
        return reply.integer
    }

    private static func read(_ reply: RedisReply) -> RedisDeadLetter? {
        guard let parts = reply.elements, parts.count == 2, let entry = parts[0].bytes else {
            return nil
        }
        let values = StreamEntry.values(parts[1])
        let priority: DeliveryPriority = values["priority"]?.text == "high" ? .high : .normal
        return RedisDeadLetter(
            entry: entry, reason: values["reason"]?.text ?? "unknown",
            diedMilliseconds: values["died"]?.integer ?? 0,
            attempts: Int(clamping: values["attempts"]?.integer ?? 0),
            webhook: StreamEntry.read(parts[1], priority: priority)?.webhook)
    }
}

extension QueueScripts {
    /// Makes a dead letter owed anew: no attempts, a whole retry window.
    ///
    /// Keys: dead, both streams, clock. Arguments: entry. Answer: 1 done, 0 not there.
    static let revive = RedisScript(
        present + """
            local now = present(KEYS[4])
            local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
            if not entry then return 0 end
            local fields, stream = {}, KEYS[3]
            for at = 1, #entry[2], 2 do
                local name, value = entry[2][at], entry[2][at + 1]
                if name == 'priority' then
                    if value == 'high' then stream = KEYS[2] end
                elseif name ~= 'reason' and name ~= 'died' and name ~= 'buried'
                    and name ~= 'owed' then
                    if name == 'attempts' then value = '0' end
                    fields[#fields + 1] = name
                    fields[#fields + 1] = value
                end
            end
            fields[#fields + 1], fields[#fields + 2] = 'owed', string.format('%.0f', now)
            redis.call('XADD', stream, '*', unpack(fields))
            redis.call('XDEL', KEYS[1], ARGV[1])
            return 1
            """)

    /// Deletes the oldest dead letters, a thousand at most of each kind: those beyond a number, and
    /// those that were given up too long ago, by the queue's time. Where an entry does not tell,
    /// its id begins with when that was.
    ///
    /// Keys: dead, clock. Arguments: how many are kept, for how many milliseconds. Answer: how many
    /// were too many, how many too old.
    static let trimDeadLetters = RedisScript(
        present + """
            local function drop(ids)
                for at = 1, #ids do redis.call('XDEL', KEYS[1], ids[at][1]) end
                return #ids
            end
            local surplus = math.min(1000, redis.call('XLEN', KEYS[1]) - ARGV[1])
            local many = 0
            if surplus > 0 then
                many = drop(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', surplus))
            end
            local limit, old = present(KEYS[2]) - ARGV[2], 0
            local function buried(entry)
                for at = 1, #entry[2], 2 do
                    if entry[2][at] == 'buried' then return tonumber(entry[2][at + 1]) end
                end
                return tonumber(string.match(entry[1], '^%d+'))
            end
            while old < 1000 do
                local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
                if not first[1] or buried(first[1]) >= limit then break end
                old = old + drop(first)
            end
            return {many, old}
            """)
}
