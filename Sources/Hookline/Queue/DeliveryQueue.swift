/// Where the worker's deliveries come from, and where it writes what became of them.
protocol DeliveryQueue: Sendable {
    /// Asks for `count` more deliveries, as soon as they are due. Any thread.
    func want(_ count: Int)
    /// Leaves changes of claimed deliveries to be written. Any thread.
    func record(_ changes: [DeliveryChange])
}

extension SQLiteQueue: DeliveryQueue {}
extension RedisQueue: DeliveryQueue {}
