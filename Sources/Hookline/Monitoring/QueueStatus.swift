import POSIX

/// The queue's depth at one moment, as `hookline queue status` shows it.
public struct QueueStatus: Sendable {
    /// One priority's figures; `oldestSeconds` is nil when nothing is owed.
    public struct Row: Sendable {
        /// `high` or `normal`.
        public var priority: String
        /// Deliveries by state.
        public var available, running, retryable, deadLettered: Int64
        /// The age of the oldest delivery that is owed.
        public var oldestSeconds: Int64?
    }

    /// One row a priority; empty when the store cannot be read.
    public var rows: [Row]

    init(_ store: StoreStatus) {
        guard let counts = store.counts else {
            rows = []
            return
        }
        let now = WallClock.nowMilliseconds()
        rows = DeliveryPriority.allCases.map { priority in
            Row(
                priority: priority.rawValue, available: counts[priority, .available],
                running: counts[priority, .running], retryable: counts[priority, .retryable],
                deadLettered: counts[priority, .deadLettered],
                oldestSeconds: store.oldestMilliseconds(priority).map { max(0, now - $0) / 1000 })
        }
    }

    /// One JSON object on one line.
    public var json: String {
        let items = rows.map { row in
            "{\"priority\":\"\(row.priority)\",\"available\":\(row.available),"
                + "\"running\":\(row.running),\"retryable\":\(row.retryable),"
                + "\"dead_lettered\":\(row.deadLettered),"
                + "\"oldest_age_seconds\":\(row.oldestSeconds.map(String.init) ?? "null")}"
        }
        return "{\"store\":\"sqlite\",\"queue\":[\(items.joined(separator: ","))]}\n"
    }
}
