import SQLite

@testable import Hookline

/// One transaction of a store that commits.
func transaction<Value>(
    _ store: DeliveryStore, _ body: () throws -> Value
) throws -> Value {
    try store.begin()
    let value = try body()
    try store.commit()
    return value
}

/// The rows of a store's file, counted one by one.
func countedRows(_ path: String) throws -> DeliveryCounts {
    let query = try Connection(path: path, create: false).prepare(
        "SELECT priority, state, count(*) FROM delivery GROUP BY priority, state")
    var counts = DeliveryCounts()
    while try query.step() {
        guard let state = DeliveryState(code: query.integer(1)) else { continue }
        counts[DeliveryPlace(code: query.integer(0)), state] += query.integer(2)
    }
    return counts
}
