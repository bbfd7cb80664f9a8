import POSIX

/// The queue's depth at one moment, as `hookline queue status` shows it.
public struct QueueStatus: Sendable, Codable {
    /// One priority's figures; `oldestSeconds` is nil when nothing is owed.
    public struct Row: Sendable, Codable {
        /// `high` or `normal`.
        public var priority: String
        /// Deliveries by state.
        public var available, running, retryable: Int64
        /// Dead letters; nil for a queue in Redis, which counts them together.
        public var deadLettered: Int64?
        /// The age of the oldest delivery that is owed.
        public var oldestSeconds: Int64?

        enum CodingKeys: String, CodingKey {
            case priority, available, running, retryable
            case deadLettered = "dead_lettered"
            case oldestSeconds = "oldest_age_seconds"
        }
    }

    /// Where the queue is: `sqlite` or `redis`.
    public var store: String
    /// One row a priority; empty when the store cannot be read.
    public var rows: [Row]
    /// With a queue in Redis its dead letters, and those that SQLite has from before; nil when
    /// Redis cannot be read.
    public var deadLetters: Int64?
    /// With a queue in Redis what waits in SQLite until Redis has it.
    public var spooled: Int64?

    enum CodingKeys: String, CodingKey {
        case store, spooled
        case rows = "queue"
        case deadLetters = "dead_letters"
    }

    /// The figures of queues: the last is where messages are owed, what is in those before it waits
    /// for that one to take it.
    init(_ queues: [any DeliveryDesk]) {
        let main = queues[queues.count - 1]
        let figures = main.figures
        store = main.name.rawValue
        let now = main.nowMilliseconds
        rows = DeliveryPriority.allCases.compactMap { priority in
            figures?.rows[priority].map { row in
                Row(
                    priority: priority.rawValue, available: row.available, running: row.running,
                    retryable: row.retryable, deadLettered: row.deadLettered,
                    oldestSeconds: row.oldestMilliseconds.map { max(0, now - $0) / 1000 })
            }
        }
        guard let spool = queues.dropLast().first else { return }
        let own = spool.figures
        spooled = own?.owed
        deadLetters = figures.flatMap { figures in own.map { $0.deadLetters + figures.deadLetters }
        }
    }

    /// One JSON object on one line.
    public var json: String {
        let items = rows.map { row in
            "{\"priority\":\"\(row.priority)\",\"available\":\(row.available),"
                + "\"running\":\(row.running),\"retryable\":\(row.retryable),"
                + (row.deadLettered.map { "\"dead_lettered\":\($0)," } ?? "")
                + "\"oldest_age_seconds\":\(row.oldestSeconds.map(String.init) ?? "null")}"
        }
        var more = ""
        if store == StoreName.redis.rawValue {
            more =
                ",\"dead_letters\":\(deadLetters.map(String.init) ?? "null")"
                + ",\"spooled\":\(spooled.map(String.init) ?? "null")"
        }
        let queue = items.joined(separator: ",")
        return "{\"store\":\"\(store)\",\"queue\":[\(queue)]\(more)}\n"
    }

    /// A table for people.
    public var table: String {
        let rest =
            store == StoreName.redis.rawValue
            ? "dead letters \(deadLetters.map(String.init) ?? "unknown"), "
                + "spooled \(spooled.map(String.init) ?? "unknown")\n"
            : ""
        guard !rows.isEmpty else {
            return (rest.isEmpty ? "the store" : "Redis") + " cannot be read at the moment\n" + rest
        }
        let head = ["priority", "available", "running", "retryable", "dead letters", "oldest"]
        let lines = rows.map { row in
            [
                row.priority, "\(row.available)", "\(row.running)", "\(row.retryable)",
                row.deadLettered.map(String.init) ?? "-",
                row.oldestSeconds.map { "\($0) s" } ?? "-",
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
        }.joined() + rest
    }
}
