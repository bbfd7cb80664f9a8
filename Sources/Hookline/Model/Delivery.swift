/// Which deliveries are claimed first.
public enum DeliveryPriority: String, CaseIterable, Sendable {
    /// Messages with media.
    case high
    /// Everything else.
    case normal

    /// The number in the database; never renumber.
    var code: Int64 { self == .high ? 0 : 1 }

    init(code: Int64) {
        self = code == 0 ? .high : .normal
    }
}

/// Where a delivery stands. Each verb of the queue moves it in one transaction.
///
///     append → available → claim → running → complete → (row deleted)
///                 ↑                   ├─ retry → retryable → claim …
///                 │                   └─         deadLetter → deadLettered
///                 ├──── rescue ───────┘                           │
///                 └──── revive ───────────────────────────────────┴─ discard → (row deleted)
public enum DeliveryState: String, CaseIterable, Sendable {
    /// Owed now. Written by `append`, and by `rescue` at start.
    case available
    /// Claimed by the process that holds the data folder's lock.
    case running
    /// Owed again later. Written by `retry`.
    case retryable
    /// Given up, kept for a person. Written by `deadLetter`.
    case deadLettered = "dead_lettered"

    /// The number in the database; never renumber.
    var code: Int64 {
        switch self {
        case .available: 0
        case .running: 1
        case .retryable: 2
        case .deadLettered: 3
        }
    }

    init?(code: Int64) {
        guard let state = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = state
    }
}

/// A webhook that is owed to the application, as it was claimed.
struct Delivery: Sendable {
    /// The row's number; ids rise and are never used again.
    var id: Int64
    /// Which try the next one is, from 1.
    var attempt: Int
    /// What is owed.
    var webhook: Webhook
    /// When it began to be owed, by the store's clock (`StoreClock`): when it was stored, retried
    /// as a dead letter, or released from quarantine; nil: when it was received.
    var owedMilliseconds: Int64?
    /// To whom it is owed.
    var destination = DestinationNumber.first

    /// When its retry window began, by the store's clock.
    var owedSinceMilliseconds: Int64 { owedMilliseconds ?? webhook.receivedMilliseconds }

    /// The change that follows when the application has it.
    var completion: DeliveryChange {
        .complete(
            id: id, message: SeenMessage(webhook), priority: webhook.priority,
            destination: destination)
    }
}

/// What became of a claimed delivery; the queue writes it down.
enum DeliveryChange: Sendable {
    /// The application has it. The message, seen at its receipt, is for the journal, should the
    /// store fail first.
    case complete(
        id: Int64, message: SeenMessage, priority: DeliveryPriority,
        destination: DestinationNumber = .first)
    /// It is owed again at `dueMilliseconds` of the store's clock.
    case retry(
        id: Int64, dueMilliseconds: Int64, failure: AttemptFailure? = nil,
        destination: DestinationNumber = .first)
    /// It is given up.
    case deadLetter(
        id: Int64, reason: DeadLetterReason, failure: AttemptFailure? = nil,
        destination: DestinationNumber = .first)
    /// It was forwarded while its commit was late: nobody may claim it until that try ended.
    case hold(id: Int64)
    /// A held delivery is owed after all.
    case release(id: Int64)
    /// The application's answer to a delivery that is complete asks for these. It is recorded
    /// together with the completion, and so written in the same transaction.
    case replies(delivery: Int64, [NewOutbound])
    /// No attempt was made of it: it is owed as before, and the attempt does not count.
    case unclaim(id: Int64)
}
