/// A queue of deliveries with every verb of it, the same in SQLite and in Redis.
///
///     append  ─> available ─ claim ─> running ─ complete ─> gone
///                    ^                   ├─ retry ──────> retryable ─ claim ─> …
///                    └── release ────────┤
///                                        └─ deadLetter ─> dead-lettered
///
/// Three parts, by who calls them: webhooks come in (`DeliveryIntake`), deliveries go out and what
/// became of them comes back (`DeliverySource`), people look and change (`DeliveryDesk`). Each
/// change of one delivery is atomic: it is made as a whole or not at all, also in a crash. Nothing
/// is said of two deliveries in one call, unless a verb says so.
///
/// With `--queue redis` there are two: what Redis did not take waits in the one in SQLite, which is
/// then the spool (`Spool`).
protocol DeliveryQueue: DeliveryIntake, DeliverySource, DeliveryDesk {}

/// The part that webhooks meet. Nothing here waits: any thread, event loops too.
protocol DeliveryIntake: Sendable {
    /// Append: stores webhooks that are verified; only the queue in SQLite takes others too.
    ///
    /// Returns those that it does not take because it is full, stopping or broken; they are the
    /// fallback's. Each other one's receipt hears `stored`, `duplicate` or `deferred` after the
    /// commit; one whose commit failed, or is not confirmed in time, is handed on to the fallback
    /// instead. What is handed on may be committed nevertheless: its identity makes it one message.
    ///
    /// Atomic: a message and its identity, so that it is stored once; in SQLite also the claim of
    /// a message that is wanted already. A batch is one transaction in SQLite (`--batch-rows-max`
    /// rows), one round trip in Redis. Bounds: webhooks that wait (`waitingMax`), deliveries that
    /// are owed (`--queue-rows-max`).
    func append(_ batch: [PendingWebhook]) -> [PendingWebhook]

    /// Settle: the application has a message of which this queue may have a delivery, now or
    /// later. SQLite completes that delivery; both take a later append of it for a duplicate.
    /// Lost without a sign when the store does not write any more.
    func settle(_ webhook: Webhook)
}

/// The part that forwarding meets. Nothing here waits. Any thread.
protocol DeliverySource: Sendable {
    /// Claim: asks for `count` more deliveries, as soon as they are due. What is asked adds up.
    ///
    /// They come through the queue's `claimed` callback, in one or more parts, on the queue's own
    /// thread: media first, every fourth place to text. Atomic: a delivery is running before it is
    /// handed out. One that this process does not end is owed again after a restart (SQLite) or
    /// when its lease ends (Redis), its attempt counted.
    ///
    /// Less than none takes back what was asked for; what is claimed already comes all the same,
    /// and is asked for less.
    func want(_ count: Int)

    /// Lets everything that waits now be claimed in the order of receipt, whenever it is due; what
    /// fails after this waits as usual.
    func bringForward()

    /// Complete, retry, deadLetter, hold, release: what became of claimed deliveries
    /// (`DeliveryChange` has a case for each verb).
    ///
    /// Written soon and kept in memory until then: SQLite with its next transaction, complete ones
    /// within 5 ms, Redis within its budget and again until it answers. A change of a delivery that
    /// is gone, or that is another process's by now, changes nothing. In SQLite all changes of a
    /// call are one transaction, in Redis each is atomic for itself.
    func record(_ changes: [DeliveryChange])
}

/// The part that commands meet. Each call waits for the store thread (10 s) or for Redis (2 s an
/// answer): the control thread, never an event loop or a thread of the queue's. A call is a slice
/// of work: some hundred rows, and in SQLite 5 ms between two commits.
protocol DeliveryDesk: Sendable {
    /// Which of the two it is.
    var name: StoreName { get }

    /// The numbers that its deliveries can have; no two queues share one.
    var numbers: ClosedRange<Int64> { get }

    /// Counts: how much there is, as of the last transaction (SQLite) or the last second (Redis);
    /// nil when the queue cannot be read. Does not wait. Any thread.
    var figures: QueueFigures? { get }

    /// The time by which the ages in `figures` are counted, in milliseconds. Any thread.
    var nowMilliseconds: Int64 { get }

    /// List: the part of the deliveries that a page asks for, in the order of their numbers.
    /// Deliveries that change between two pages may be missed or come twice.
    func list(_ page: DeliveryPage) throws(QueueFault) -> DeliveryPage.Answer<DeliveryRow>

    /// Show: one delivery with what is owed; nil when it is not there. The webhook is nil when its
    /// head is damaged.
    func show(_ id: Int64) throws(QueueFault) -> (row: DeliveryRow, webhook: Webhook?)?

    /// Retries or discards the deliveries with these numbers: the first ones, one at least, as
    /// far as a slice's time allows. Returns what became of each. Atomic: in SQLite the slice, in
    /// Redis each delivery.
    func change(
        _ verb: DeskVerb, _ ids: [Int64], _ mode: DeskMode
    ) throws(QueueFault) -> [(id: Int64, outcome: DeskOutcome)]

    /// Retries or discards the dead letters of a page: the first ones, as far as a slice's time
    /// and the queue's bound allow; throws `full` when there is room for none. Atomic as `change`.
    func sweep(
        _ verb: DeskVerb, _ page: DeliveryPage, _ mode: DeskMode
    ) throws(QueueFault) -> DeskSweep

    /// The number up to which a sweep that begins now goes: no dead letter has a larger one.
    func lastDeadLetter() throws(QueueFault) -> Int64
}

/// What a command does with deliveries. One that is being sent at this moment stays as it is.
enum DeskVerb: String, Sendable {
    /// Retry: a dead letter is owed again, with no attempts and a whole retry window, if the queue
    /// has room for it. What waits is due at once; its attempts and its window stay.
    case retry
    /// Discard: a delivery is deleted. Its identity stays seen.
    case discard

    /// What the count of those that were changed is called.
    var done: String { self == .retry ? "retried" : "discarded" }
}

/// Whether a command changes something.
enum DeskMode: Sendable, Equatable {
    /// It does.
    case change
    /// It says what it would do, after so many other deliveries would have become owed.
    case foretell(owed: Int)

    var isDryRun: Bool { self != .change }

    /// How many deliveries would have become owed; 0 for a change, for they have.
    var foretold: Int { if case .foretell(let owed) = self { owed } else { 0 } }
}

/// What became of one delivery that was named, or would.
enum DeskOutcome: Sendable, Equatable {
    /// It was changed; `isNewlyOwed` when it takes room that it did not take before.
    case done(isNewlyOwed: Bool)
    /// There is no such delivery.
    case missing
    /// It is being sent at this moment, and stays.
    case running
    /// It is a dead letter and stays, for as much is owed as may be.
    case full
    /// It is not what was written, and stays until it is discarded.
    case corrupt
}

/// How far a slice of a sweep came.
struct DeskSweep: Sendable {
    /// How many were changed, or would be.
    var count = 0
    /// How many stay because they are not what was written.
    var corrupt = 0
    /// The last number that was looked at: the next slice begins after it.
    var lastID: Int64
    /// True when nothing is left.
    var isAtEnd = false
}

/// Why a queue did not do what a command asked.
enum QueueFault: Error, Sendable, Equatable {
    /// The store thread did not do it.
    case store(StoreTaskFailure)
    /// Redis did not answer in time.
    case away
    /// So many deliveries may be owed, and there is no room for what was asked.
    case full(owedMax: Int)
}
