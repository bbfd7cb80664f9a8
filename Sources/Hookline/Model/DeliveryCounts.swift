import SQLite

/// How many deliveries there are, by destination, priority and state.
struct DeliveryCounts: Sendable {
    private static let valuesOfOne = DeliveryPriority.allCases.count * DeliveryState.allCases.count

    /// The destinations that have, or had, rows: their codes.
    private(set) var destinations: [Int64] = []
    /// For each of them one value a priority and state.
    private var values: [Int64] = []

    /// None.
    init() {}

    /// Counts the rows; done once at start, after that every transaction keeps the sums. Reads the
    /// index over states and not the rows. What is running is in no index: at start nothing is.
    init(counting connection: Connection) throws(SQLiteError) {
        let next = try connection.prepare(
            """
            SELECT min(priority) FROM delivery INDEXED BY delivery_state
            WHERE state=?1 AND priority>?2 AND state<>1
            """)
        let count = try connection.prepare(
            """
            SELECT count(*) FROM delivery INDEXED BY delivery_state
            WHERE state=?1 AND priority=?2 AND state<>1
            """)
        for state in DeliveryState.allCases where state != .running {
            var code = Int64.min
            try next.bind(1, state.code)
            try count.bind(1, state.code)
            while true {
                try next.bind(2, code)
                defer { next.reset() }
                guard try next.step(), !next.isNull(0) else { break }
                code = next.integer(0)
                try count.bind(2, code)
                if try count.step() {
                    self[DeliveryPlace(code: code), state] += count.integer(0)
                }
                count.reset()
            }
        }
    }

    /// The rows of one place and state.
    subscript(place: DeliveryPlace, state: DeliveryState) -> Int64 {
        get {
            guard let first = destinations.firstIndex(of: place.destination) else { return 0 }
            return values[Self.index(first, place.priority, state)]
        }
        set {
            let first = destinations.firstIndex(of: place.destination) ?? add(place.destination)
            values[Self.index(first, place.priority, state)] = newValue
        }
    }

    /// The rows of one priority and state, for whichever destination.
    subscript(priority: DeliveryPriority, state: DeliveryState) -> Int64 {
        destinations.indices.reduce(0) { $0 + values[Self.index($1, priority, state)] }
    }

    /// Rows of one destination in a state.
    func rows(of destination: Int64, _ state: DeliveryState) -> Int64 {
        DeliveryPriority.allCases.reduce(0) {
            $0 + self[DeliveryPlace(destination: destination, $1), state]
        }
    }

    /// Rows that are still owed: available, running or retryable.
    var owed: Int64 {
        DeliveryPriority.allCases.reduce(0) { sum, priority in
            sum + self[priority, .available] + self[priority, .running] + self[priority, .retryable]
        }
    }

    /// The same of one destination.
    func owed(to destination: Int64) -> Int64 {
        rows(of: destination, .available) + rows(of: destination, .running)
            + rows(of: destination, .retryable)
    }

    private mutating func add(_ destination: Int64) -> Int {
        destinations.append(destination)
        values += repeatElement(0, count: Self.valuesOfOne)
        return destinations.count - 1
    }

    private static func index(
        _ destination: Int, _ priority: DeliveryPriority, _ state: DeliveryState
    ) -> Int {
        destination * valuesOfOne + Int(priority.code) * DeliveryState.allCases.count
            + Int(state.code)
    }
}

extension DeliveryCounts: Equatable {
    /// Equal when every number is; a destination without rows is as one that never had any.
    static func == (left: DeliveryCounts, right: DeliveryCounts) -> Bool {
        Set(left.destinations + right.destinations).allSatisfy { destination in
            DeliveryPriority.allCases.allSatisfy { priority in
                let place = DeliveryPlace(destination: destination, priority)
                return DeliveryState.allCases.allSatisfy { left[place, $0] == right[place, $0] }
            }
        }
    }
}
