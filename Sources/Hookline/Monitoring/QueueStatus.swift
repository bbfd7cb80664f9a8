import POSIX

/// The queue's depth at one moment, as `hookline queue status` shows it.
public struct QueueStatus: Sendable, Codable {
    /// One priority's figures; `oldestSeconds` is nil when nothing is owed.
    public struct Row: Sendable, Codable {
        /// `high` or `normal`.
        public var priority: String
        /// Deliveries by state.
        public var available, running, retryable, deadLettered: Int64
        /// The age of the oldest delivery that is owed.
        public var oldestSeconds: Int64?

        enum CodingKeys: String, CodingKey {
            case priority, available, running, retryable
            case deadLettered = "dead_lettered"
            case oldestSeconds = "oldest_age_seconds"
        }
    }

    /// One row a priority; empty when the store cannot be read.
    public var rows: [Row]

    enum CodingKeys: String, CodingKey {
        case rows = "queue"
    }

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

    /// A table for people.
    public var table: String {
        guard !rows.isEmpty else { return "the store cannot be read at the moment\n" }
        let head = ["priority", "available", "running", "retryable", "dead letters", "oldest"]
        let lines = rows.map { row in
            [
                row.priority, "\(row.available)", "\(row.running)", "\(row.retryable)",
                "\(row.deadLettered)", row.oldestSeconds.map { "\($0) s" } ?? "-",
            ]
        }
        let widths = head.indices.map { column in
            ([head] + lines).map { $0[column].utf8.count }.max() ?? 0
        }
        return ([head] + lines).map { line in
            let cells = zip(line, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.utf8.count)
                return column == 0 ? cell.0 + space : space + cell.0
            }
            return cells.joined(separator: "  ") + "\n"
        }.joined()
    }
}
