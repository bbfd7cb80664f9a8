import SQLite

/// How many deliveries there are, by priority and state.
struct DeliveryCounts: Sendable, Equatable {
    private var values: [Int64] = Array(
        repeating: 0, count: DeliveryPriority.allCases.count * DeliveryState.allCases.count)

    /// None.
    init() {}

    /// Counts the rows; done once at start, after that every transaction keeps the sums.
    init(counting connection: Connection) throws(SQLiteError) {
        let query = try connection.prepare(
            "SELECT priority, state, count(*) FROM delivery GROUP BY priority, state")
        while try query.step() {
            guard let state = DeliveryState(code: query.integer(1)) else { continue }
            self[DeliveryPriority(code: query.integer(0)), state] += query.integer(2)
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
