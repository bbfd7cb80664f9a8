import SQLite

/// One query for each place of the queue that has rows in a state: each gives its own rows in the
/// order of their numbers. Confined to the store thread.
final class PlaceQueries {
    private let connection: Connection
    private let text: String
    private let next: Statement
    private var compiled: [Int64: Statement] = [:]

    /// `text` takes a state as its third parameter and a place as its fourth.
    init(_ connection: Connection, _ text: String) throws(SQLiteError) {
        self.connection = connection
        self.text = text
        next = try connection.prepare(
            """
            SELECT min(priority) FROM delivery INDEXED BY delivery_state
            WHERE state=?1 AND priority>?2 AND state<>1
            """)
    }

    /// The queries over a state, of one destination or of all.
    func queries(
        _ state: DeliveryState, of destination: Int64? = nil
    ) throws(SQLiteError) -> [Statement] {
        var queries: [Statement] = []
        for place in try places(state) {
            let isWanted = destination.map { $0 == DeliveryPlace(code: place).destination } ?? true
            guard isWanted else { continue }
            let query: Statement
            if let kept = compiled[place] {
                query = kept
            } else {
                query = try connection.prepare(text)
                compiled[place] = query
            }
            try query.bind(3, state.code)
            try query.bind(4, place)
            queries.append(query)
        }
        return queries
    }

    /// The places that have rows in a state: one look at the index for each.
    private func places(_ state: DeliveryState) throws(SQLiteError) -> [Int64] {
        var places: [Int64] = []
        try next.bind(1, state.code)
        while true {
            try next.bind(2, places.last ?? .min)
            defer { next.reset() }
            guard try next.step(), !next.isNull(0) else { return places }
            places.append(next.integer(0))
        }
    }
}
