extension QueueScripts {
    /// Takes what is to be done: what is due again is put behind the rest, then work of machines
    /// that have gone, oldest first, then what is new, media first.
    ///
    /// Keys: for each priority its stream, due, received and retryable, then dead and clock.
    /// Arguments:
    /// group, consumer, how many, how many of them for text, silence in milliseconds after which
    /// an entry is taken over (0: take nothing over), deliveries beyond which it is poison, a
    /// consumer that is known to be gone, or this one when the answer to a claim was lost; then
    /// the entries that it knows it has. Answer: the entries as {priority, id, deliveries, fields},
    /// milliseconds until the next is due or -1, poisoned entries, entries that had been deleted,
    /// how many were another process's, the queue's time.
    static let claim = RedisScript(
        now + present + burial + """
            local present = present(KEYS[10])
            buried = present
            local group, consumer, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3])
            local silence, limit, gone = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
            local names = {'high', 'normal'}
            local taken, wait, poisoned, lost = {}, -1, 0, 0

            local function promote(stream, due, received, retryable)
                local ids = redis.call('ZRANGEBYSCORE', due, '-inf',
                    string.format('%.0f', present), 'LIMIT', 0, 200)
                if #ids > 0 then redis.call('PERSIST', due) end
                for _, id in ipairs(ids) do
                    local packed = redis.call('HGET', retryable, id)
                    if packed then
                        redis.call('XADD', stream, '*', unpack(cmsgpack.unpack(packed)))
                    else
                        lost = lost + 1
                    end
                    redis.call('ZREM', due, id)
                    redis.call('ZREM', received, id)
                    redis.call('HDEL', retryable, id)
                end
                local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
                if first[2] then
                    local left = math.max(0, first[2] - present)
                    if wait < 0 or left < wait then wait = left end
                end
            end

            local function take(priority, stream, entry)
                local owner = redis.call('XPENDING', stream, group, entry[1], entry[1], 1)[1]
                if owner[4] > limit then
                    poisoned = poisoned + 1
                    local attempts = owner[4] - 1
                    for at = 1, #entry[2], 2 do
                        if entry[2][at] == 'attempts' then
                            attempts = attempts + entry[2][at + 1]
                        end
                    end
                    bury(stream, KEYS[9], group, entry, 'poison', names[priority], attempts)
                else
                    taken[#taken + 1] = {priority, entry[1], owner[4], entry[2]}
                end
            end

            local known = {}
            for at = 8, #ARGV do known[ARGV[at]] = true end

            local function adopt(priority, stream)
                local left = wanted - #taken
                if gone == '' or left <= 0 then return end
                local owned = redis.call('XPENDING', stream, group, '-', '+',
                    left + #ARGV - 7, gone)
                for _, owner in ipairs(owned) do
                    if left > 0 and not known[owner[1]] then
                        left = left - 1
                        -- What this process never heard of, it has not tried.
                        local count = owner[4] + (gone == consumer and 0 or 1)
                        local entry = redis.call('XCLAIM', stream, group, consumer, 0, owner[1],
                            'RETRYCOUNT', count)[1]
                        if entry then take(priority, stream, entry) else lost = lost + 1 end
                    end
                end
            end

            local function reclaim(priority, stream)
                local cursor = '0-0'
                repeat
                    local left = wanted - #taken
                    if left <= 0 then return end
                    local answer = redis.call('XAUTOCLAIM', stream, group, consumer, silence,
                        cursor, 'COUNT', left)
                    cursor = answer[1]
                    for _, entry in ipairs(answer[2]) do take(priority, stream, entry) end
                    lost = lost + #answer[3]
                until cursor == '0-0'
            end

            local function read(priority, stream, count)
                if count <= 0 then return end
                local answer = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count,
                    'STREAMS', stream, '>')
                if not answer then return end
                for _, entry in ipairs(answer[1][2]) do
                    taken[#taken + 1] = {priority, entry[1], 1, entry[2]}
                end
            end

            -- Leases end by Redis's clock: where it was set back they would not for as long.
            local function renewAll(stream)
                local start = '-'
                repeat
                    local owned = redis.call('XPENDING', stream, group, start, '+', 1000)
                    for _, owner in ipairs(owned) do
                        redis.call('XCLAIM', stream, group, owner[2], 0, owner[1], 'JUSTID')
                        start = '(' .. owner[1]
                    end
                until #owned < 1000
            end
            local steps = redis.call('HMGET', KEYS[10], 'steps', 'renewed')
            if (steps[1] or '0') ~= (steps[2] or '0') then
                for priority = 1, 2 do renewAll(KEYS[priority * 4 - 3]) end
                redis.pcall('HSET', KEYS[10], 'renewed', steps[1])
            end
            for priority = 1, 2 do
                local at = priority * 4
                promote(KEYS[at - 3], KEYS[at - 2], KEYS[at - 1], KEYS[at])
            end
            for priority = 1, 2 do
                adopt(priority, KEYS[priority * 4 - 3])
                if silence > 0 then reclaim(priority, KEYS[priority * 4 - 3]) end
            end
            local reclaimed = #taken
            local left = wanted - #taken
            read(1, KEYS[1], left - math.min(left, tonumber(ARGV[4])))
            read(2, KEYS[5], wanted - #taken)
            read(1, KEYS[1], wanted - #taken)
            return {taken, wait, poisoned, lost, reclaimed, present}
            """)

    /// The queue's figures. What is due again is available.
    ///
    /// Keys: for each priority its stream, due and received, then dead, epoch and clock. Arguments:
    /// group. Answer: for each priority available, running, retryable and when the oldest that
    /// waits was received or -1; then dead letters and epoch.
    static let status = RedisScript(
        present + """
            local now = string.format('%.0f', present(KEYS[9]))
            local function figures(stream, due, received)
                local length, pending, last = redis.call('XLEN', stream), 0, '0-0'
                local groups = redis.pcall('XINFO', 'GROUPS', stream)
                if not groups.err then
                    for _, group in ipairs(groups) do
                        local map = {}
                        for at = 1, #group, 2 do map[group[at]] = group[at + 1] end
                        if map.name == ARGV[1] then
                            pending, last = map.pending, map['last-delivered-id']
                        end
                    end
                end
                local oldest = -1
                local function older(text)
                    local value = tonumber(text)
                    if value and (oldest < 0 or value < oldest) then oldest = value end
                end
                local waiting = redis.call('XRANGE', stream, '(' .. last, '+', 'COUNT', 1)[1]
                if waiting then
                    for at = 1, #waiting[2], 2 do
                        if waiting[2][at] == 'received' then older(waiting[2][at + 1]) end
                    end
                end
                older(redis.call('ZRANGE', received, 0, 0, 'WITHSCORES')[2])
                local ready = redis.call('ZCOUNT', due, '-inf', now)
                return {length - pending + ready, pending, redis.call('ZCARD', due) - ready, oldest}
            end
            return {figures(KEYS[1], KEYS[2], KEYS[3]), figures(KEYS[4], KEYS[5], KEYS[6]),
                redis.call('XLEN', KEYS[7]), redis.call('GET', KEYS[8])}
            """)

    /// Makes what must be there before anything is claimed: the groups, from the first entry on,
    /// and the epoch.
    ///
    /// Keys: both streams, epoch, appends. Arguments: group, an epoch if there is none, consumer.
    /// Answer: the epoch, appends of this consumer, 1 when the epoch is new.
    static let prepare = RedisScript(
        """
        for at = 1, 2 do
            redis.pcall('XGROUP', 'CREATE', KEYS[at], ARGV[1], '0', 'MKSTREAM')
        end
        local isNew = redis.call('SETNX', KEYS[3], ARGV[2])
        local appends = tonumber(redis.call('HGET', KEYS[4], ARGV[3]) or '0')
        return {redis.call('GET', KEYS[3]), appends, isNew}
        """)

    /// Forgets consumers that own nothing: XGROUP DELCONSUMER would throw away what they own.
    ///
    /// Keys: both streams, appends. Arguments: group, milliseconds without a sign of life, a
    /// consumer that may go at once or nothing. Answer: how many went.
    static let tidy = RedisScript(
        """
        local keep, names = {}, {}
        for at = 1, 2 do
            local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[at], ARGV[1])
            if consumers.err then return 0 end
            for _, consumer in ipairs(consumers) do
                local map = {}
                for at = 1, #consumer, 2 do map[consumer[at]] = consumer[at + 1] end
                names[map.name] = true
                local isGone = map.idle >= tonumber(ARGV[2]) or map.name == ARGV[3]
                if map.pending > 0 or not isGone then keep[map.name] = true end
            end
        end
        local gone = 0
        for name in pairs(names) do
            if not keep[name] then
                redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], name)
                redis.call('XGROUP', 'DELCONSUMER', KEYS[2], ARGV[1], name)
                redis.call('HDEL', KEYS[3], name)
                gone = gone + 1
            end
        end
        return gone
        """)
}
