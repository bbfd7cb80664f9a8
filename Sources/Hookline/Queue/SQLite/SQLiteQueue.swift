import MicroHTTP
import POSIX
import SQLite
import Synchronization

/// The store thread: takes whatever waits, writes one transaction, hands out receipts.
///
/// There is no timer: while one transaction is being synced the next batch gathers, so a single
/// message waits for one sync and a thousand share one. Order within a transaction: changes of
/// deliveries, appends, claims; a message can be appended and claimed in the same one, and its
/// claim leaves only after the commit.
final class SQLiteQueue: Sendable {
    /// What waits for the store thread.
    struct Inbox: Sendable {
        var appends: [PendingWebhook] = []
        var changes: [DeliveryChange] = []
        var settled: [SeenMessage] = []
        /// Accounts whose unverified requests can be verified now.
        var accounts: [[UInt8]] = []
        /// Deliveries that each destination wants.
        var wanted: [Int] = []
        /// Everything that waits for these may be claimed, whenever it is due.
        var bringsForward = DestinationSet.none
        var isStopping = false
    }

    /// What the store thread tells the rest.
    struct Callbacks: Sendable {
        /// Every receipt of a batch was handed out: the replies may leave; called on the store
        /// thread.
        var replied: @Sendable () -> Void
        /// Deliveries were claimed; called on the store thread.
        var claimed: @Sendable ([Delivery]) -> Void
        /// Says whether a request that was stored unverified is genuine; called on the store
        /// thread.
        var verify:
            @Sendable (HTTPRequest, _ receivedMilliseconds: Int64, _ ageMilliseconds: Int64)
                -> UnverifiedVerdict
        /// Accounts that have unverified requests, some at a time; called on the store thread.
        var awaited: @Sendable ([UnverifiedRows.Account]) -> Void
        /// A batch failed: its webhooks go on to the next step; called on the store thread.
        var failed: @Sendable ([PendingWebhook]) -> Void
        /// The application has a message whose completion could not be written.
        var unwritten: @Sendable (SeenMessage) -> Void
        /// Dead letters were deleted because they are too old or too many; called on the store
        /// thread.
        var dropped: @Sendable ([DeadLetterDrop: Int]) -> Void = { _ in }
        /// An fsync failed: the process has to end and recover; called once.
        var broken: @Sendable (StoreError) -> Void
        /// A row is not what was written; called on the store thread, once for each.
        var corrupt: @Sendable (CorruptRows.Row) -> Void = { _ in }
        /// False when the store's files are no more where they were: what is committed now would
        /// be found by nobody. Called on the store thread, before each transaction with webhooks.
        var isIntact: @Sendable () -> Bool = { true }
        /// There are replies to send; called on the store thread.
        var owesReplies: @Sendable () -> Void = {}
        /// All that could be read of a damaged database is copied; called on the store thread.
        var salvaged: @Sendable (Salvage.Progress) -> Void = { _ in }
    }

    /// The bounds of the store.
    struct Options: Sendable {
        var path: String
        /// Rows of one transaction.
        var batchRowsMax: Int
        /// Webhooks that wait in memory for the store thread.
        var waitingMax: Int
        /// Deliveries that may be owed.
        var owedMax: Int
        /// Bytes of the write-ahead log after which it is copied into the database.
        var checkpointBytes: Int
        /// Where the ballast is, and how large; nil for none.
        var ballast: BallastOptions?
        /// Requests that may be stored unverified, in rows and bytes.
        var unverifiedMax: UnverifiedRows.Size
        /// How long an identity is kept.
        var dedupeRetentionMilliseconds: Int64
        /// How long an event that Twilio gives no name counts as a repetition of the same content.
        var repeatMilliseconds: Int64 = 120_000
        /// Dead letters that are kept.
        var deadLetters = DeadLetterLimits()
        /// Bytes of memory that tell new messages from known ones without a look at the disk.
        var identityBytesMax = 256 << 20
        /// To whom webhooks can be owed.
        var destinations = DestinationList.standard
        /// A control of the crash test; never true in a release build.
        var synchronousOff = false
    }

    /// 1 MiB of them.
    private static let settledMax = 65_536

    /// The ballast of a store.
    struct BallastOptions: Sendable {
        var folder: String
        var path: String
        var room: DiskRoom
    }

    let options: Options
    let callbacks: Callbacks
    let metrics: ReceiverMetrics
    /// The time that the store counts by.
    let clock: StoreClock
    let status = StoreStatus()
    let inbox: Mutex<Inbox>
    /// The appends of the transaction under way, for the fallback's look at what is overdue.
    let committing = Mutex<[PendingWebhook]>([])
    let bell: WakeSignal
    /// What other threads want done between commits.
    let jobs = StoreTasks()
    /// Where each commit is noted; nil before the store is open, and in tests that need none.
    let marker = Mutex<StoreMarker?>(nil)

    init(
        options: Options, callbacks: Callbacks, metrics: ReceiverMetrics,
        clock: StoreClock = StoreClock(), bell: WakeSignal = WakeSignal()
    ) {
        self.clock = clock
        self.bell = bell
        self.options = options
        inbox = Mutex(
            Inbox(wanted: Array(repeating: 0, count: options.destinations.count)))
        self.callbacks = callbacks
        self.metrics = metrics
    }

    /// Leaves webhooks for the next transaction; returns those for which there is no room,
    /// because too many wait or are owed, or the store is broken: they are the fallback's. Any
    /// thread.
    func append(_ batch: [PendingWebhook]) -> [PendingWebhook] {
        if let cause = refusalCause {
            for pending in batch { pending.abandon(cause) }
            return batch
        }
        let accepted = inbox.withLock { inbox in
            guard !inbox.isStopping else { return 0 }
            let room = max(0, options.waitingMax - inbox.appends.count)
            inbox.appends.append(contentsOf: batch.prefix(room))
            return min(room, batch.count)
        }
        if accepted > 0 { bell.ring() }
        for pending in batch.dropFirst(accepted) { pending.abandon(.overload) }
        return Array(batch.dropFirst(accepted))
    }

    /// Why nothing new is taken at the moment; nil while it is. Any thread.
    var refusalCause: UnavailableCause? {
        if status.isBroken { return .storeBroken }
        if status.isGone { return .folderGone }
        if status.isRefusing { return .diskFull }
        return status.owed < Int64(options.owedMax) ? nil : .queueFull
    }

    /// True while as many webhooks wait for the store thread as may. Any thread.
    var isWaitingFull: Bool { inbox.withLock { $0.appends.count >= options.waitingMax } }

    /// Leaves changes of deliveries for the next transaction. Any thread.
    func record(_ changes: [DeliveryChange]) {
        guard !changes.isEmpty else { return }
        inbox.withLock { $0.changes.append(contentsOf: changes) }
        bell.ring()
    }

    /// Notes that the application has a message that may not be stored. Any thread.
    func settle(_ message: SeenMessage) {
        // While nothing can be written they wait; what is too many may be forwarded once more.
        inbox.withLock { inbox in
            if inbox.settled.count < Self.settledMax { inbox.settled.append(message) }
        }
        bell.ring()
    }

    /// Says that an account's unverified requests can be verified now. Any thread.
    func verify(_ account: [UInt8]) {
        inbox.withLock { inbox in
            if !inbox.accounts.contains(account) { inbox.accounts.append(account) }
        }
        bell.ring()
    }

    /// Asks for `count` more deliveries to a destination, as soon as they are due; less than none
    /// takes back what was asked for. Any thread.
    func want(_ count: Int, for destination: DestinationNumber) {
        guard count != 0 else { return }
        inbox.withLock { $0.wanted[destination.index] += count }
        bell.ring()
    }

    /// Lets everything that waits now for a destination be claimed in the order of receipt,
    /// whenever it is due. Any thread.
    func bringForward(for destination: DestinationNumber) {
        inbox.withLock { $0.bringsForward.insert(destination) }
        bell.ring()
    }

    /// Webhooks whose request ended before `nanoseconds` and that are not committed yet. They
    /// stay where they are: what can still be committed will be. Any thread.
    func overdue(before nanoseconds: UInt64) -> [PendingWebhook] {
        let underWay = committing.withLock { batch in
            batch.filter { $0.receivedNanoseconds < nanoseconds }
        }
        let waiting = inbox.withLock { inbox in
            inbox.appends.filter { $0.receivedNanoseconds < nanoseconds }
        }
        return underWay + waiting
    }

    /// Says what the store holds, after a transaction. The store thread.
    func publishStatus(of store: DeliveryStore) {
        status.publish(
            store.rows.counts, walFrames: store.logFrames, unverified: store.unverified.size.rows)
        status.publish(replies: store.outbound.counts, oldest: store.oldestReplyMilliseconds)
        marker.withLock { $0 }?.note(store.mark)
        tellCorrupt(of: store)
    }

    /// Notes that an operation failed; a damaged database is set aside at the next turn. The store
    /// thread.
    func failed(_ error: SQLiteError) -> StoreError {
        let failure = StoreError.sqlite(error)
        metrics.storeFailed(failure.reason)
        if failure.reason == .corrupt { status.markDamaged() }
        return failure
    }

    /// Puts webhooks back in front of those that wait. The store thread.
    func putBack(_ batch: [PendingWebhook], changes: [DeliveryChange], wanted: [Int]) {
        inbox.withLock { inbox in
            inbox.appends.insert(contentsOf: batch, at: 0)
            inbox.changes.insert(contentsOf: changes, at: 0)
            for (index, count) in wanted.enumerated() { inbox.wanted[index] += count }
        }
    }

    /// Leaves what a transaction could not write beside its webhooks and changes to the next one,
    /// without a ring: that would end the pause between the two. The store thread.
    func putBack(settled: [SeenMessage], accounts: [[UInt8]]) {
        inbox.withLock { inbox in
            inbox.settled.insert(contentsOf: settled, at: 0)
            inbox.accounts.removeAll { accounts.contains($0) }
            inbox.accounts.insert(contentsOf: accounts, at: 0)
        }
    }

    /// Says which rows turned out to be corrupt. The store thread.
    func tellCorrupt(of store: DeliveryStore) {
        for row in store.corrupt.take() {
            metrics.corruptRows[row.table].add(shard: metrics.backgroundShard)
            callbacks.corrupt(row)
        }
    }

    /// Ends the thread after everything that waits is written. Any thread.
    func stop() {
        inbox.withLock { $0.isStopping = true }
        bell.ring()
    }
}
