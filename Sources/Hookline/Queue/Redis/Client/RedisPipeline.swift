/// The commands of one connection that Redis has not answered, in the order in which it will.
struct RedisPipeline {
    /// What an answer is for.
    enum Purpose {
        /// Somebody asked.
        case request(RedisRequest)
        /// The link asks for itself.
        case check(RedisHealthCheck.Step)
        /// `WAIT`, whose answer may be kept back for so long.
        case replicas(blockNanoseconds: UInt64)
        /// The answer is of no interest.
        case trial
    }

    /// One command without an answer.
    struct Entry {
        var purpose: Purpose
        /// When it was handed to the connection, by the monotonic clock.
        var sentNanoseconds: UInt64
        /// The value of the connection's `sentBytes` from which on Redis can have seen it.
        var endOfBytes: UInt64
        /// True when a `WAIT` follows on the same connection, whose answer decides.
        var isHeld = false
        /// True when whoever asked has been told that it is late.
        var isLate = false

        /// How long Redis may keep the answer to itself.
        var blockNanoseconds: UInt64 {
            switch purpose {
            case .request(let request): request.blockNanoseconds
            case .replicas(let nanoseconds): nanoseconds
            case .check, .trial: 0
            }
        }
    }

    private var entries: [Entry] = []
    private var first = 0
    /// When the first entry came to be the first.
    private var firstSinceNanoseconds: UInt64 = 0
    /// The earliest deadline of those that were not told; too early at worst.
    private(set) var nextDeadline: UInt64 = .max

    /// True when nothing is owed.
    var isEmpty: Bool { first == entries.count }

    /// Commands without an answer.
    var count: Int { entries.count - first }

    /// Adds a command that was handed to the connection.
    mutating func append(_ entry: Entry) {
        if isEmpty { firstSinceNanoseconds = entry.sentNanoseconds }
        if case .request(let request) = entry.purpose {
            nextDeadline = min(nextDeadline, request.deadlineNanoseconds)
        }
        entries.append(entry)
    }

    /// Takes the entry that the next reply belongs to.
    mutating func answered(at now: UInt64) -> Entry? {
        guard !isEmpty else { return nil }
        let entry = entries[first]
        first += 1
        firstSinceNanoseconds = now
        if isEmpty || first >= 1024 {
            entries.removeFirst(first)
            first = 0
        }
        return entry
    }

    /// The moment at which the first entry has waited for `patience` and its own block since it
    /// came to be the first; nil when nothing is owed.
    func overdueNanoseconds(patience: UInt64) -> UInt64? {
        guard !isEmpty else { return nil }
        let entry = entries[first]
        return max(firstSinceNanoseconds, entry.sentNanoseconds) + entry.blockNanoseconds
            + patience
    }

    /// Marks the requests whose deadline has passed and returns them, each once.
    mutating func expire(at now: UInt64) -> [RedisRequest] {
        guard now >= nextDeadline else { return [] }
        nextDeadline = .max
        var expired: [RedisRequest] = []
        for index in first..<entries.count where !entries[index].isLate {
            guard case .request(let request) = entries[index].purpose else { continue }
            if request.deadlineNanoseconds <= now {
                entries[index].isLate = true
                expired.append(request)
            } else {
                nextDeadline = min(nextDeadline, request.deadlineNanoseconds)
            }
        }
        return expired
    }

    /// Gives everything up: the requests that Redis may have seen, and those that it cannot have
    /// seen, each without those that were told they are late.
    mutating func abandon(sentBytes: UInt64) -> (unknown: [RedisRequest], unsent: [RedisRequest]) {
        var unknown: [RedisRequest] = []
        var unsent: [RedisRequest] = []
        for entry in entries[first...] where !entry.isLate {
            guard case .request(let request) = entry.purpose else { continue }
            if entry.endOfBytes <= sentBytes {
                unknown.append(request)
            } else {
                unsent.append(request)
            }
        }
        self = RedisPipeline()
        return (unknown, unsent)
    }
}
