import MicroHTTP
import POSIX
import SQLite
import Synchronization

/// Everything behind the reply: store, fallback, forwarding, their threads and the control socket.
final class ReceiverServices: Sendable {
    let store: SQLiteQueue
    let fallback: CommitFallback
    let outbox = ReplyOutbox()
    let validation: ValidationServices
    let quarantine: Quarantine
    let monitor: Monitor
    let forwarding: ForwardingServices
    let redis: RedisServices
    /// Nil when TwiML is ignored.
    let replies: ReplySender?
    let clock = StoreClock()
    private let clockWatch: ClockWatch
    /// By what a request that it forwarded itself is known.
    let marks: InstallationMarks
    let report: StoreReport
    let watch: FolderWatch
    private let storeRun: StoreRun
    private let control = SetOnce<AdminServer>()
    private let paths: DataFolderPaths
    private let log: Log
    private let threads = Mutex<Threads>(Threads())
    private let isStopping = Atomic<Bool>(false)
    private let readiness = SetOnce<ReadinessWatch>()

    private struct Threads: Sendable {
        var store: WorkerThread?
        var timer: WorkerThread?
        var replies: WorkerThread?
    }

    init(
        _ configuration: Configuration, _ paths: DataFolderPaths, _ loader: TokenLoader,
        _ tokens: Tokens, _ metrics: ReceiverMetrics, _ log: Log,
        onBroken: @escaping @Sendable (StoreError) -> Void,
        onGone: @escaping @Sendable () -> Void
    ) throws(StartupError) {
        self.paths = paths
        self.log = log
        clockWatch = ClockWatch(clock, metrics: metrics, log: log)
        monitor = Monitor(Monitor.Options(configuration), metrics: metrics, log: log)
        let lateShared = SetOnce<RedisQueue>()
        marks = InstallationMarks(shared: { lateShared.value?.epoch })
        let forwarding = ForwardingServices(configuration, clock, tokens, marks, metrics, log)
        let lateReplies = SetOnce<ReplySender>()
        let journal = DirectDeliveryJournal(path: paths.takenJournal, log: log)
        let (lateFallback, lateStore) = (SetOnce<CommitFallback>(), SetOnce<SQLiteQueue>())
        let lateRun = SetOnce<StoreRun>()
        let report = StoreReport(folder: paths.folder, log: log)
        let lateSpool = SetOnce<Spool>()
        let quarantine = Quarantine(
            options: Quarantine.Options(configuration, folder: paths.folder), metrics: metrics)
        self.quarantine = quarantine
        let validation = ValidationServices(
            configuration, paths, loader, tokens,
            try ConfiguredTokenSource(configuration, metrics.redis, log), metrics, log, quarantine,
            canVerify: { account in lateStore.value?.verify(account) })
        let outbox = self.outbox
        let notice = DeadLetterNotice(metrics: metrics, log: log)
        let store = SQLiteQueue(
            options: SQLiteQueue.Options(configuration, paths),
            callbacks: SQLiteQueue.Callbacks(
                replied: { outbox.deliver() },
                // With the queue in Redis, the rows of SQLite are the spool.
                claimed: { rows in
                    if let spool = lateSpool.value {
                        spool.take(rows)
                    } else {
                        forwarding.take(rows)
                    }
                },
                verify: {
                    validation.verify($0, receivedMilliseconds: $1, ageMilliseconds: $2)
                },
                awaited: { validation.look(after: $0) },
                failed: { batch in lateFallback.value?.failed(batch) },
                unwritten: { journal.append($0) },
                dropped: { notice.dropped($0) }, broken: onBroken, corrupt: { report.corrupt($0) },
                isIntact: { lateRun.value?.watch.isIntactNow() ?? true },
                owesReplies: { lateReplies.value?.wake() },
                salvaged: { lateRun.value?.salvaged($0) }),
            metrics: metrics, clock: clock)
        let fallback = CommitFallback(
            options: CommitFallback.Options(configuration), store: store, metrics: metrics,
            journal: journal,
            forward: { pending, deadline in
                forwarding.forwardNow(pending, deadlineNanoseconds: deadline)
            })
        lateFallback.set(fallback)
        lateStore.set(store)
        replies =
            forwarding.applications.isEmpty
            ? nil
            : try ReplySender(
                configuration, store: store, applications: forwarding.applications,
                metrics: metrics.replies, log: log)
        if let replies { lateReplies.set(replies) }
        redis = try RedisServices(
            configuration, paths, metrics, log,
            RedisServices.Links(
                claimed: { forwarding.take($0) }, commit: { fallback.commit($0) },
                fallBack: { fallback.store($0) }, replied: { outbox.deliver() },
                dropped: { notice.dropped($0) }, store: store))
        if let queue = redis.queue {
            lateShared.set(queue)
            fallback.begin(with: queue)
        }
        if let spool = redis.spool { lateSpool.set(spool) }
        self.validation = validation
        let shared = redis.queue
        forwarding.connect(
            ForwardingServices.Links(
                queue: { number -> any DeliverySource in
                    if let shared { return shared }
                    return SQLiteSource(queue: store, destination: number)
                },
                fallback: fallback))
        self.forwarding = forwarding
        self.store = store
        self.report = report
        watch = FolderWatch(paths, store: store, report: report, log: log, onEnd: onGone)
        storeRun = StoreRun(
            store: store, quarantine: quarantine, journal: journal, paths: paths, report: report,
            watch: watch, clockWatch: clockWatch, log: log)
        lateRun.set(storeRun)
        self.fallback = fallback
    }

    /// Opens the store on its own thread and waits until it is open, or says why it is not; then
    /// looks for Redis, without waiting for it.
    func startStore() throws(StartupError) {
        let opened = Promise<String?>()
        let thread = try StartupError.starting { () throws(POSIXError) in
            try WorkerThread.start(name: "store") { self.storeRun.run(opened) }
        }
        threads.withLock { $0.store = thread }
        if let error = opened.wait() {
            thread.join()
            throw .store(error)
        }
        try watch.start()
        try redis.start()
    }

    /// Has the readiness watched; before `startForwarding`.
    func watch(_ readiness: ReadinessWatch) { self.readiness.set(readiness) }

    /// Starts forwarding, the timer and the control socket.
    func startForwarding() throws(StartupError) {
        let validation = validation
        let control = AdminServer(
            desk: QueueAdmin(
                store: store, shared: redis.queue,
                verify: { validation.verifyAgain($0, isThorough: $1) },
                trust: { validation.trust($0) }, log: log))
        let started = try StartupError.starting { () throws(POSIXError) in
            try forwarding.start()
            let timer = try WorkerThread.start(name: "timer") { self.runTimer() }
            let replies = try self.replies.map { sender throws(POSIXError) in
                try WorkerThread.start(name: "replies") { sender.run() }
            }
            try control.start(path: paths.control)
            return (timer, replies)
        }
        self.control.set(control)
        threads.withLock {
            $0.timer = started.0
            $0.replies = started.1
        }
    }

    /// Begins no attempt any more but those of immediate processing; what is under way goes on.
    func drainForwarding() { forwarding.drain() }

    /// Lets attempts under way come to their end, until the deadline; writes what came of them
    /// and what else waits, which takes half a second more at most, and closes the store.
    func stop(deadlineNanoseconds: UInt64) {
        let threads = threads.withLock { $0 }
        // A command may wait for a token: it is let go first.
        validation.stop()
        control.value?.stop()
        forwarding.stop(deadlineNanoseconds: deadlineNanoseconds)
        replies?.stop(deadlineNanoseconds: deadlineNanoseconds)
        threads.replies?.join()
        // Only now: until the last attempt ended, its lease had to be renewed.
        redis.stopClaiming()
        redis.stop(deadlineNanoseconds: deadlineNanoseconds + 500_000_000)
        watch.stop()
        store.stop()
        threads.store?.join()
        isStopping.store(true, ordering: .relaxed)
        threads.timer?.join()
    }

    private func runTimer() {
        let pause = WakeSignal()
        var memory = BurstMemory()
        while !isStopping.load(ordering: .relaxed) {
            fallback.tick()
            validation.waits.tick()
            monitor.tick()
            clockWatch.tick()
            readiness.value?.tick()
            redis.spool?.tick()
            memory.tick()
            let next = MonotonicClock.now() + 10_000_000
            let due = validation.waits.nextDeadlineNanoseconds ?? next
            pause.wait(untilNanoseconds: min(next, due))
        }
    }
}

/// Wakes the event loops once for all replies of a batch.
final class ReplyOutbox: Sendable {
    private let loops = SetOnce<[EventLoop]>()

    /// Says which loops have replies to send. Until then a reply waits for its loop's next turn,
    /// a tenth of a second at most.
    func serve(_ loops: [EventLoop]) { self.loops.set(loops) }

    /// Sends what is there. Any thread.
    func deliver() {
        for loop in loops.value ?? [] { loop.deliverAnswers() }
    }
}
