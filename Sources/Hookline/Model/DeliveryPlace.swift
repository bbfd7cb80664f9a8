/// Where in the queue a delivery stands: for whom it is, and how urgent it is. The table's column
/// `priority` holds its code.
struct DeliveryPlace: Hashable, Sendable {
    /// The destination's `DestinationName.code`; 0 is `default`.
    var destination: Int64 = 0
    var priority: DeliveryPriority

    init(destination: Int64 = 0, _ priority: DeliveryPriority) {
        self.destination = destination
        self.priority = priority
    }

    /// Twice the destination's number, and 1 more without media. Rows of earlier versions have 0
    /// or 1: they are for `default`.
    var code: Int64 { 2 * destination + priority.code }

    init(code: Int64) {
        destination = code >> 1
        priority = DeliveryPriority(code: code & 1)
    }
}
