import Redis

/// The shared queue's figures at one moment.
struct RedisQueueStatus: Sendable, Equatable {
    /// One priority's.
    struct Row: Sendable, Equatable {
        /// Entries that nobody has claimed.
        var available: Int64 = 0
        /// Entries that some process has claimed.
        var running: Int64 = 0
        /// Entries that are owed again later.
        var retryable: Int64 = 0
        /// When the oldest of those that wait was received: milliseconds since the epoch.
        var oldestMilliseconds: Int64?
    }

    /// The figures of each priority.
    var rows: [DeliveryPriority: Row] = [:]
    /// Deliveries that were given up.
    var deadLetters: Int64 = 0
    /// The data's epoch; nil when it has none, because it is new or was emptied.
    var epoch: [UInt8]?

    /// Everything that is owed.
    var owed: Int64 { rows.values.reduce(0) { $0 + $1.available + $1.running + $1.retryable } }

    /// Reads the status script's answer; nil when it is none.
    init?(_ reply: RedisReply) {
        guard let parts = reply.elements, parts.count == 4, let dead = parts[2].integer else {
            return nil
        }
        for (priority, part) in zip(DeliveryPriority.allCases, parts) {
            guard let numbers = part.elements?.compactMap(\.integer), numbers.count == 4 else {
                return nil
            }
            rows[priority] = Row(
                available: numbers[0], running: numbers[1], retryable: numbers[2],
                oldestMilliseconds: numbers[3] < 0 ? nil : numbers[3])
        }
        deadLetters = dead
        epoch = parts[3].bytes
    }
}
