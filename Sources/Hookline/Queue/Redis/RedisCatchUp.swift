import POSIX
import Redis
import Synchronization

/// Puts what is owed again later back into its stream, in the order of receipt, a slice a turn of
/// the claims' thread: the destination is back after an outage. What fails after that waits as
/// usual.
final class RedisCatchUp: Sendable {
    /// How far it has come with one priority.
    private struct Mark: Sendable {
        /// By Redis's clock: entries that were put into the stream later have failed since; 0
        /// before the first slice.
        var milliseconds: Int64 = 0
        /// Entries of that kind that the next slice begins behind.
        var passed: Int64 = 0
    }

    private static let sliceMax = 200
    private let keys: RedisQueueKeys
    private let marks = Mutex<[DeliveryPriority: Mark]>([:])

    init(keys: RedisQueueKeys) { self.keys = keys }

    /// True while there may be more to put back.
    var isRunning: Bool { marks.withLock { !$0.isEmpty } }

    /// Begins with the oldest. Any thread.
    func begin() {
        marks.withLock { marks in
            for priority in DeliveryPriority.allCases { marks[priority] = Mark() }
        }
    }

    /// Does a slice of each priority. The claims' thread.
    func turn(on reader: RedisClient, deadlineNanoseconds deadline: UInt64) {
        for (priority, mark) in marks.withLock({ $0 }) {
            let outcome = reader.run(
                QueueScripts.bringForward,
                keys: [
                    keys.stream(priority), keys.due(priority), keys.received(priority),
                    keys.retryable(priority),
                ],
                arguments: [
                    StreamEntry.text(mark.milliseconds), StreamEntry.text(mark.passed),
                    StreamEntry.text(Self.sliceMax),
                ], deadlineNanoseconds: deadline)
            // Redis is away: the same slice again in the next turn.
            guard case .reply(let reply) = outcome, let numbers = reply.elements,
                numbers.count == 3, let time = numbers[0].integer, let passed = numbers[1].integer,
                let seen = numbers[2].integer
            else { continue }
            let next = Mark(milliseconds: time, passed: mark.passed + passed)
            marks.withLock { $0[priority] = seen < Self.sliceMax ? nil : next }
        }
    }
}

extension QueueScripts {
    /// Puts a slice of what is owed again later back into its stream, the first received first.
    ///
    /// Keys: stream, due, received, retryable. Arguments: a time of Redis's clock, or 0 for now;
    /// where to begin; how many to look at. Answer: that time, how many were passed over because
    /// they have been in the stream since, how many were looked at.
    static let bringForward = RedisScript(
        now + """
            local mark, passed = tonumber(ARGV[1]), 0
            if mark == 0 then mark = now end
            local first = tonumber(ARGV[2])
            local ids = redis.call('ZRANGE', KEYS[3], first, first + ARGV[3] - 1)
            if #ids > 0 then redis.call('PERSIST', KEYS[2]) end
            for _, id in ipairs(ids) do
                if tonumber(string.match(id, '^%d+')) >= mark then
                    passed = passed + 1
                else
                    local packed = redis.call('HGET', KEYS[4], id)
                    if packed then
                        redis.call('XADD', KEYS[1], '*', unpack(cmsgpack.unpack(packed)))
                    end
                    redis.call('ZREM', KEYS[2], id)
                    redis.call('ZREM', KEYS[3], id)
                    redis.call('HDEL', KEYS[4], id)
                end
            end
            return {mark, passed, #ids}
            """)
}
