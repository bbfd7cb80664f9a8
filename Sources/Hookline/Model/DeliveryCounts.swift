import SQLite

/// How many deliveries there are, by priority and state.
struct DeliveryCounts: Sendable, Equatable {
    private var values: [Int64] = Array(
        repeating: 0, count: DeliveryPriority.allCases.count * DeliveryState.allCases.count)

    /// None.
    init() {}

    /// Counts the rows; done once at start, after that every transaction keeps the sums. Reads the
    /// index over states and not the rows. What is running is in no index: at start nothing is.
    init(counting connection: Connection) throws(SQLiteError) {
        let query = try connection.prepare(
            """
            SELECT count(*) FROM delivery INDEXED BY delivery_state
            WHERE state=?1 AND priority=?2 AND state<>1
            """)
        for priority in DeliveryPriority.allCases {
            for state in DeliveryState.allCases where state != .running {
                try query.bind(1, state.code)
                try query.bind(2, priority.code)
                if try query.step() { self[priority, state] = query.integer(0) }
                query.reset()
            }
        }
    }

    /// The rows of one priority and state.
    subscript(priority: DeliveryPriority, state: DeliveryState) -> Int64 {
        get { values[Int(priority.code) * DeliveryState.allCases.count + Int(state.code)] }
        set {
            values[Int(priority.code) * DeliveryState.allCases.count + Int(state.code)] = newValue
        }
    }

    /// Rows that are still owed: available, running or retryable.
    var owed: Int64 {
        DeliveryPriority.allCases.reduce(0) { sum, priority in
            sum + self[priority, .available] + self[priority, .running] + self[priority, .retryable]
        }
    }
}
