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
