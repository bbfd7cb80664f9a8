import POSIX
import Redis
import Synchronization

/// The queue that several machines share, on Redis Streams: one stream a priority, one consumer
/// group, one lease a claimed entry. The verbs are those of the store in SQLite.
///
/// Two links: the writer's commands never wait behind the reader's blocking read. Every call
/// returns at once; nothing here runs on, or holds up, an event loop.
final class RedisQueue: Sendable {
    /// One webhook on its way into the queue.
    struct Append: Sendable {
        var webhook: Webhook
        /// The key by which other machines are to know its validation; nil for none.
        var validationKey: [UInt8]?
        /// For how long it has been owed; most are new.
        var ageMilliseconds: Int64 = 0
        /// When the caller must have heard, by the monotonic clock.
        var deadlineNanoseconds: UInt64
    }

    /// The queue's numbers and names.
    struct Options: Sendable {
        var url: RedisURL
        var credentials: RedisCredentials?
        /// How long an append may take.
        var budgetNanoseconds: UInt64 = 250_000_000
        /// Replicas that must have confirmed an append (`WAIT`) before it is stored; 0 is none.
        ///
        /// A failover loses nothing that was stored when this is the number of all replicas:
        /// Sentinel promotes one that it can reach, and that has to be one that has it.
        var replicas = 0
        /// Deliveries that may be owed.
        var owedMax: Int64 = .max
        /// Dead letters that are kept.
        var deadLetters = DeadLetterLimits()
        /// How long an identity is kept.
        var dedupeRetentionMilliseconds: Int64
        /// How long an event that Twilio gives no name counts as a repetition of the same content.
        var repeatMilliseconds: Int64 = 120_000
        /// How long a validation is known.
        var validationMilliseconds: Int64 = 300_000
        /// Within so long a time a dead process's entries are in other hands; longer than any
        /// attempt is no condition, because leases are renewed, every third of it.
        var leaseMilliseconds: Int64 = 30_000
        /// How long a claimed entry is its process's without a sign of life: shorter than the
        /// lease, because others look for such entries every twelfth of it.
        var silenceMilliseconds: Int64 { leaseMilliseconds - leaseMilliseconds / 6 }
        /// Claims of one entry beyond which it is poison.
        var deliveriesMax: Int64 = 3
        /// How long a read waits for a message.
        var blockMilliseconds: Int64 = 1000
        /// How often the figures are read.
        var pollMilliseconds: Int64 = 1000
        /// This process, and no other ever.
        var consumer: String
        /// The process before it on the same data folder, which is known to have ended.
        var predecessor: String?
        /// The epoch that the process before it knew.
        var knownEpoch: [UInt8]?
        var keys = RedisQueueKeys()
        var breaker = CircuitBreaker.Options()
    }

    /// Whom the queue tells. All are called on a thread of the queue's.
    struct Callbacks: Sendable {
        /// Deliveries were claimed.
        var claimed: @Sendable ([Delivery]) -> Void
        /// Completions of appends were called and no more are to be called at this moment.
        var replied: @Sendable () -> Void = {}
        /// Webhooks that Redis does not have, or may not have: they are the fallback's. On the
        /// thread that appends when Redis is not asked.
        var unconfirmed: @Sendable ([PendingWebhook]) -> Void = { _ in }
        /// An append of a webhook took so many nanoseconds.
        var appended: @Sendable (_ nanoseconds: UInt64, RedisAppend) -> Void = { _, _ in }
        /// The data has another epoch; the next process should know it.
        var epochChanged: @Sendable ([UInt8]) -> Void = { _ in }
        /// Dead letters were deleted because they are too old or too many.
        var dropped: @Sendable ([DeadLetterDrop: Int]) -> Void = { _ in }
    }

    let options: Options
    let callbacks: Callbacks
    /// Webhooks that Redis has not confirmed.
    let unconfirmed: UnconfirmedWebhooks
    /// The deliveries that this process works on.
    let leases = RedisLeases()
    private let writer: RedisClient
    private let reader: RedisClient
    private let ledger: RedisLossDetector
    private let watch: RedisQueueMonitor
    private let recorder: RedisResultWriter
    private let claimer: RedisClaimer
    private let thread = OwnedThread()

    init(
        _ options: Options, callbacks: Callbacks, metrics: RedisMetrics, log: Log,
        clock: StoreClock = StoreClock()
    ) throws(RedisError) {
        self.options = options
        self.callbacks = callbacks
        let unconfirmed = UnconfirmedWebhooks(handOn: callbacks.unconfirmed)
        self.unconfirmed = unconfirmed
        ledger = RedisLossDetector(knownEpoch: options.knownEpoch)
        writer = try RedisClient(
            .queueWriter(options, name: "redis-writer"), metrics: metrics, log: log)
        reader = try RedisClient(
            .queue(options, name: "redis-reader"), metrics: metrics, log: log)
        watch = RedisQueueMonitor(
            options, writer: writer, ledger: ledger, metrics: metrics.queue, log: log,
            epochChanged: callbacks.epochChanged, dropped: callbacks.dropped)
        recorder = RedisResultWriter(
            options, writer: writer, leases: leases, ledger: ledger, metrics: metrics.queue,
            clock: clock)
        claimer = RedisClaimer(
            options, reader: reader, leases: leases, watch: watch, recorder: recorder,
            metrics: metrics.queue, log: log, clock: clock, claimed: callbacks.claimed)
        let watch = watch
        writer.tell(
            RedisClient.Callbacks(
                connected: { watch.connected() },
                completed: {
                    unconfirmed.handOn()
                    callbacks.replied()
                }))
    }

    /// The figures as they were read last; nil when Redis cannot be read.
    var status: RedisQueueStatus? { watch.status }

    /// What Redis is configured for; nil before it was asked.
    var durability: RedisDurability? { watch.durability }

    /// The epoch that is known.
    var epoch: [UInt8]? { ledger.epoch }

    /// True while a connection stands and Redis is asked.
    var isReady: Bool { writer.isUp && !writer.isOpen }

    /// What it holds, to be looked at.
    var listing: RedisQueueListing { RedisQueueListing(writer, keys: options.keys) }

    /// False while appends are of unknown outcome for want of replicas: what is kept elsewhere
    /// for that reason had better wait until this is true.
    var isReplicated: Bool { writer.isReplicated }

    /// What was given up.
    var deadLetters: RedisDeadLetters { RedisDeadLetters(writer, keys: options.keys) }

    /// What waits, to be changed by people.
    var waiting: RedisWaiting { RedisWaiting(writer, keys: options.keys) }

    /// Connects and begins to claim what `want` asks for.
    func start() throws(POSIXError) {
        try writer.start()
        try reader.start()
        let claimer = claimer
        try thread.start(name: "redis-claims") { claimer.run() }
    }

    /// Appends webhooks; the completion is called exactly once for each, by its deadline, with its
    /// position: on the writer's thread, or at once on this one when Redis is not asked. Any
    /// thread.
    func append(
        _ batch: [Append], completion: @escaping @Sendable (_ index: Int, RedisAppend) -> Void
    ) {
        writer.send(
            batch.enumerated().map { index, append in
                QueueScripts.appendRequest(append, attempts: 0, options, on: writer) {
                    [ledger, watch] answer in
                    if case .stored(let total, let epoch) = answer {
                        watch.noticed(ledger.appended(total: total, epoch: epoch))
                    }
                    completion(index, answer.outcome)
                }
            })
    }

    /// Notes that the application has a message that Redis may get to know later, if Redis can be
    /// asked: a message of its identity is a duplicate from now on. Any thread.
    func settle(_ webhook: Webhook) {
        writer.send(
            RedisRequest(
                command: RedisCommand("SET").with(options.keys.seen(webhook.identity))
                    .with("taken").with("NX").with("PX")
                    .with(
                        webhook.kind.isNamed
                            ? options.dedupeRetentionMilliseconds : options.repeatMilliseconds),
                deadlineNanoseconds: MonotonicClock.now() + options.budgetNanoseconds,
                completion: { _ in }))
    }

    /// Leaves changes of claimed deliveries to be written; they are tried again until Redis has
    /// them or the delivery is somebody else's. Any thread.
    func record(_ changes: [DeliveryChange]) { recorder.record(changes) }

    /// Asks for `count` more deliveries, as soon as they are due; less than none takes back what
    /// was asked for. Any thread.
    func want(_ count: Int) { claimer.want(count) }

    /// Lets everything that waits now be claimed in the order of receipt, whenever it is due; a
    /// read that waits for messages ends first. Any thread.
    func bringForward() { claimer.bringForward() }

    /// Claims no more; returns when the last claim was handed out. Any other thread.
    func stopClaiming() {
        claimer.stop()
        thread.join()
    }

    /// Writes what is to be recorded, until the deadline, and ends both links; after
    /// `stopClaiming`. What could not be written is taken up by others when its lease ends.
    func stop(deadlineNanoseconds: UInt64) {
        stopClaiming()
        recorder.drain(untilNanoseconds: deadlineNanoseconds)
        watch.leave(deadlineNanoseconds: deadlineNanoseconds)
        reader.stop()
        writer.stop()
    }
}

extension RedisClient.Options {
    /// A link of the shared queue.
    static func queue(_ options: RedisQueue.Options, name: String) -> RedisClient.Options {
        var link = RedisClient.Options(
            role: .queue, name: name, url: options.url, credentials: options.credentials,
            budgetNanoseconds: options.budgetNanoseconds)
        link.prepare = QueueScripts.all.map(\.load)
        // A check that writes, for a Redis whose writes are paused or whose disk is full answers
        // PING well; and one that needs no memory, for a full Redis must be worked off.
        link.probe = [RedisCommand("DEL").with(options.keys.probe)]
        link.breaker = options.breaker
        return link
    }

    /// The link that appends: what it is told to write may have to be replicated.
    static func queueWriter(_ options: RedisQueue.Options, name: String) -> RedisClient.Options {
        var link = queue(options, name: name)
        // Whoever waits for an append has the spool: one that is late is reason enough to go there.
        link.graceNanoseconds = 50_000_000
        guard options.replicas > 0 else { return link }
        link.replication = RedisReplicaWait.Options(
            replicas: options.replicas,
            // An append may come while another one's `WAIT` is under way: both within the budget.
            waitMilliseconds: Int(options.budgetNanoseconds / 2_500_000),
            trial: RedisCommand("SET").with(options.keys.probe).with("").with("PX").with(60_000))
        return link
    }
}
