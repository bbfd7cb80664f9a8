/// Where the worker's deliveries come from, and where it writes what became of them.
protocol DeliveryQueue: Sendable {
    /// Asks for `count` more deliveries, as soon as they are due. Less than none takes back what
    /// was asked for; what is claimed already comes all the same, and is asked for less. Any
    /// thread.
    func want(_ count: Int)
    /// Lets everything that waits now be claimed in the order of receipt, whenever it is due; what
    /// fails after this waits as usual. Any thread.
    func bringForward()
    /// Leaves changes of claimed deliveries to be written. Any thread.
    func record(_ changes: [DeliveryChange])
}

extension SQLiteQueue: DeliveryQueue {}
extension RedisQueue: DeliveryQueue {}
