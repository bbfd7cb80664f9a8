/// A part of a queue's deliveries, in the order of their numbers.
struct DeliveryPage: Sendable {
    /// Rows that one slice of work looks at or changes.
    static let sliceRows = 256
    /// After this time a slice takes no further row.
    static let sliceNanoseconds: UInt64 = 5_000_000

    /// Rows after this number.
    var afterID: Int64 = 0
    /// Rows up to this number.
    var throughID: Int64 = .max
    /// Rows that are looked at.
    var rowsMax: Int
    /// Rows in this state only; nil for all.
    var state: DeliveryState?
    /// Dead letters with this reason only; nil for all.
    var reason: DeadLetterReason?
    /// Deliveries to the destination of this name only; nil for all.
    var destination: String?

    /// A page's rows.
    struct Answer<Row: Sendable>: Sendable {
        var rows: [Row] = []
        /// The last number that was looked at: the next page begins after it.
        var lastID: Int64
        /// True when nothing is left.
        var isAtEnd = false
    }
}

/// How much a queue holds at one moment.
struct QueueFigures: Sendable, Equatable {
    /// One priority's.
    struct Row: Sendable, Equatable {
        /// Deliveries that nobody has claimed.
        var available: Int64 = 0
        /// Deliveries that some process has claimed.
        var running: Int64 = 0
        /// Deliveries that are owed again later.
        var retryable: Int64 = 0
        /// Deliveries that were given up; nil where priorities are not told apart.
        var deadLettered: Int64?
        /// When the oldest of those that wait was received: milliseconds since the epoch.
        var oldestMilliseconds: Int64?
    }

    /// The figures of each priority.
    var rows: [DeliveryPriority: Row] = [:]
    /// Deliveries that were given up.
    var deadLetters: Int64 = 0

    /// Everything that is owed.
    var owed: Int64 { rows.values.reduce(0) { $0 + $1.available + $1.running + $1.retryable } }
}
