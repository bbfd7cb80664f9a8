/// The queue's Lua scripts, one a verb. Keys come from `RedisQueueKeys`.
///
/// Where memory only moves from one key to another, the script's first write is one that Redis
/// never refuses for want of memory: after it, Redis refuses none of the script's others
/// (script.c of 7.0, `SCRIPT_WRITE_DIRTY`), so that a full Redis can still be worked off.
enum QueueScripts {
    /// Every script, for the cache of a new connection.
    static let all = [
        append, claim, complete, retry, deadLetter, renew, status, prepare, tidy, trimDeadLetters,
        bringForward,
    ]

    /// Appends a message unless its identity was seen: the entry first, the mark second, so that
    /// no mark is left behind by an entry that was refused.
    ///
    /// With the mark goes the entry of the validation cache: one round trip for both.
    ///
    /// An event that may happen again is a repetition only within a time: its mark says when the
    /// one before it was received, behind an `@`.
    ///
    /// Keys: stream, seen, appends, epoch, clock, validation or none. Arguments: time to live,
    /// consumer, the entry's values, for how long it has been owed, that time or 0, the validation
    /// and its time to live.
    /// Answer: 1 or 0, the entry's id, appends of this consumer, epoch.
    static let append = RedisScript(
        present + """
            local now = present(KEYS[5])
            local epoch = redis.call('GET', KEYS[4])
            local seen = redis.call('GET', KEYS[2])
            local window = tonumber(ARGV[11])
            if seen then
                local at = window > 0 and tonumber(string.match(seen, '@(%d+)$'))
                if not at or math.abs(ARGV[5] - at) <= window then return {0, seen, 0, epoch} end
            end
            local fields = {'identity', ARGV[3], 'kind', ARGV[4], 'received', ARGV[5],
                'attempts', ARGV[6], 'head', ARGV[7], 'body', ARGV[8],
                'owed', string.format('%.0f', now - ARGV[10])}
            local id = redis.call('XADD', KEYS[1], '*', unpack(fields))
            local mark = window > 0 and id .. '@' .. ARGV[5] or id
            redis.call('SET', KEYS[2], mark, 'PX', ARGV[1])
            if KEYS[6] then redis.call('SET', KEYS[6], ARGV[12], 'PX', ARGV[13]) end
            return {1, id, redis.call('HINCRBY', KEYS[3], ARGV[2], 1), epoch}
            """)

    /// Ends a delivery for good, if this process still owns its entry.
    ///
    /// Keys: stream. Arguments: group, consumer, entry, deliveries.
    /// Answer: 1 done, 0 somebody else's, -1 not there.
    static let complete = RedisScript(
        ownership + """
            local state = ownership()
            if state == 1 then
                redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
                redis.call('XDEL', KEYS[1], ARGV[3])
            end
            return state
            """)

    /// Puts a delivery back until it is due.
    ///
    /// Keys: stream, due, received, retryable, seen, clock. Arguments: group, consumer, entry,
    /// deliveries, milliseconds to wait, attempts so far, a failure. Answer: 1 done, 0 somebody
    /// else's, -1 not there because it was completed, -2 neither it nor its mark is there.
    static let retry = RedisScript(
        ownership + present + RedisFailureNote.script + """
            local now = present(KEYS[6])
            local state = ownership()
            if state == 1 then
                redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'JUSTID')
                local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
                if not entry then return -1 end
                local fields, received = entry[2], 0
                for at = 1, #fields, 2 do
                    if fields[at] == 'attempts' then fields[at + 1] = ARGV[6] end
                    if fields[at] == 'received' then received = fields[at + 1] end
                end
                note(fields, 7)
                redis.call('HSET', KEYS[4], ARGV[3], cmsgpack.pack(fields))
                redis.call('ZADD', KEYS[3], received, ARGV[3])
                redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[3])
                redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
                redis.call('XDEL', KEYS[1], ARGV[3])
                return 1
            end
            if redis.call('HEXISTS', KEYS[4], ARGV[3]) == 1 then return 1 end
            if state == -1 and redis.call('EXISTS', KEYS[5]) == 0 then return -2 end
            return state
            """)

    /// Gives a delivery up and keeps it for a person.
    ///
    /// Keys: stream, dead, clock. Arguments: group, consumer, entry, deliveries, reason, priority,
    /// attempts, a failure. Answer: 1 done, 0 somebody else's, -1 not there.
    static let deadLetter = RedisScript(
        ownership + now + present + burial + RedisFailureNote.script + """
            local state = ownership()
            if state ~= 1 then return state end
            redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'JUSTID')
            local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
            if not entry then return -1 end
            note(entry[2], 8)
            buried = present(KEYS[3])
            bury(KEYS[1], KEYS[2], ARGV[1], entry, ARGV[5], ARGV[6], ARGV[7])
            return 1
            """)

    /// Prolongs the leases of entries that this process still owns.
    ///
    /// Keys: stream. Arguments: group, consumer, then an entry and its deliveries, and so on.
    /// Answer: the entries that it does not own any more.
    static let renew = RedisScript(
        """
        local lost = {}
        for at = 3, #ARGV, 2 do
            local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[at], ARGV[at], 1)
            local owner = pending[1]
            if owner and owner[2] == ARGV[2] and owner[4] == tonumber(ARGV[at + 1]) then
                redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[at], 'JUSTID')
            else
                lost[#lost + 1] = ARGV[at]
            end
        end
        return lost
        """)

    /// Whether this process owns an entry: 1 yes, 0 somebody else does, or this process by a
    /// later claim, -1 nobody.
    static let ownership = """
        local function ownership()
            local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
            local owner = pending[1]
            if not owner then return -1 end
            if owner[2] == ARGV[2] and owner[4] == tonumber(ARGV[4]) then return 1 end
            return 0
        end

        """

    /// The queue's time, which only goes forward: Redis's clock without the steps that it made. As
    /// with `StoreClock`, of the time between two scripts at most an hour is counted, and none of
    /// it backwards. It is written at most once a second, and not by a full Redis.
    static let present = """
        local function present(key)
            local time = redis.call('TIME')
            local wall = time[1] * 1000 + math.floor(time[2] / 1000)
            local known = redis.call('HMGET', key, 'wall', 'ahead')
            local last, ahead = tonumber(known[1] or nil), tonumber(known[2] or nil) or 0
            local passed = last and wall - last or 1000
            if passed < 0 then
                ahead = ahead + passed
                if passed < -1000 then redis.pcall('HINCRBY', key, 'steps', 1) end
            elseif passed > 3600000 then
                ahead = ahead + passed - 3600000
            end
            if passed < 0 or passed >= 1000 then
                redis.pcall('HSET', key, 'wall', string.format('%.0f', wall),
                    'ahead', string.format('%.0f', ahead))
            end
            return wall - ahead
        end

        """

    /// Redis's clock in milliseconds: those of the machines differ.
    static let now = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)

        """

    /// Moves an entry to the dead letters; `buried` is the queue's time, `died` what people read.
    static let burial = """
        local buried = 0
        local function bury(stream, dead, group, entry, reason, priority, attempts)
            local fields = entry[2]
            for at = 1, #fields, 2 do
                if fields[at] == 'attempts' then fields[at + 1] = attempts end
            end
            local more = {'reason', reason, 'priority', priority, 'died', now,
                'buried', string.format('%.0f', buried)}
            for at = 1, #more do fields[#fields + 1] = more[at] end
            redis.call('XADD', dead, '*', unpack(fields))
            redis.call('XACK', stream, group, entry[1])
            redis.call('XDEL', stream, entry[1])
        end

        """
}
