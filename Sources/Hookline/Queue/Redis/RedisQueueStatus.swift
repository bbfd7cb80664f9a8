import Redis

/// The shared queue's figures at one moment.
struct RedisQueueStatus: Sendable, Equatable {
    /// How much it holds.
    var figures = QueueFigures()
    /// The data's epoch; nil when it has none, because it is new or was emptied.
    var epoch: [UInt8]?

    /// The figures of each priority.
    var rows: [DeliveryPriority: QueueFigures.Row] { figures.rows }
    /// Deliveries that were given up.
    var deadLetters: Int64 { figures.deadLetters }
    /// Everything that is owed.
    var owed: Int64 { figures.owed }

    /// Reads the status script's answer; nil when it is none.
    init?(_ reply: RedisReply) {
        guard let parts = reply.elements, parts.count == 4, let dead = parts[2].integer else {
            return nil
        }
        for (priority, part) in zip(DeliveryPriority.allCases, parts) {
            guard let numbers = part.elements?.compactMap(\.integer), numbers.count == 4 else {
                return nil
            }
            figures.rows[priority] = QueueFigures.Row(
                available: numbers[0], running: numbers[1], retryable: numbers[2],
                oldestMilliseconds: numbers[3] < 0 ? nil : numbers[3])
        }
        figures.deadLetters = dead
        epoch = parts[3].bytes
    }
}
