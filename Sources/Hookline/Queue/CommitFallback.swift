import POSIX
import Synchronization

/// The fallback when storing fails: Redis where the queue is there, SQLite, immediate processing,
/// 503.
///
/// With the queue in Redis, SQLite is the spool for what Redis does not confirm in time.
/// A webhook is handed to the store. If its commit has not returned by the store's deadline, or
/// failed, the application is asked directly; 200 leaves only when it took the message, or when
/// the commit returned after all. Where a webhook is for several destinations, each must have taken
/// it. What neither has by the last deadline is answered 503, and
/// what can still be committed will be: deduplication makes a retry harmless.
final class CommitFallback: Sendable {
    /// The fallback's deadlines, counted from the last byte of the request, and its bound.
    struct Options: Sendable {
        var storeNanoseconds: UInt64
        var immediateNanoseconds: UInt64
        var immediateConcurrencyMax: Int
        var waitingMax: Int
        /// A control of the crash test; never true in a release build.
        var repliesBeforeCommit = false
    }

    /// What waits for, or is in, immediate processing.
    private struct State: Sendable {
        /// Wait for a place among those that run.
        var waiting: [PendingWebhook] = []
        /// Are being forwarded.
        var running: [PendingWebhook] = []
        /// The application did not take them; their commit may still come in time.
        var refused: [PendingWebhook] = []
    }

    private let options: Options
    private let store: SQLiteQueue
    private let metrics: ReceiverMetrics
    private let state = Mutex(State())
    private let forward: @Sendable (PendingWebhook, _ deadlineNanoseconds: UInt64) -> Void
    private let journal: DirectDeliveryJournal
    private let shared = SetOnce<RedisQueue>()
    /// When the application took a webhook last, and when it did not; monotonic nanoseconds.
    private let lastTaken = Atomic<UInt64>(0)
    private let lastRefused = Atomic<UInt64>(0)

    /// `forward` starts immediate processing and must call `immediateEnded` once for each of the
    /// webhook's destinations.
    init(
        options: Options, store: SQLiteQueue, metrics: ReceiverMetrics,
        journal: DirectDeliveryJournal,
        forward: @escaping @Sendable (PendingWebhook, _ deadlineNanoseconds: UInt64) -> Void
    ) {
        self.options = options
        self.store = store
        self.metrics = metrics
        self.journal = journal
        self.forward = forward
    }

    /// Puts the shared queue on top; before the first webhook.
    func begin(with shared: RedisQueue) { self.shared.set(shared) }

    /// Takes webhooks. Event loops, and the thread of the validation cache.
    func commit(_ batch: [PendingWebhook]) {
        if options.repliesBeforeCommit { for pending in batch { pending.receipt.taken() } }
        guard let shared = shared.value else { return store(batch) }
        // What nobody has verified is for this machine alone.
        let unverified = batch.filter { !$0.isVerified }
        if !unverified.isEmpty { store(unverified) }
        guard unverified.count < batch.count else { return }
        let refused = shared.append(batch.filter(\.isVerified))
        if !refused.isEmpty { store(refused) }
    }

    /// Takes webhooks for SQLite. Any thread.
    func store(_ batch: [PendingWebhook]) {
        let refused = store.append(batch).filter { $0.takeOver() }
        fallBack(refused)
        let stalled = batch.filter { isStalled(at: $0.receivedNanoseconds) && $0.takeOver() }
        // A commit has hung for longer than the deadline already: do not wait for it too.
        for _ in stalled { metrics.storeFailed(.deadline) }
        fallBack(stalled)
    }

    /// Takes webhooks whose batch failed. The store thread.
    func failed(_ batch: [PendingWebhook]) {
        fallBack(batch.filter { $0.takeOver() })
    }

    /// Looks after deadlines; `now` is the monotonic clock's. The timer thread, a hundred times a
    /// second.
    func tick(at now: UInt64 = MonotonicClock.now()) {
        if now > options.storeNanoseconds {
            let overdue = store.overdue(before: now - options.storeNanoseconds)
                .filter { $0.takeOver() }
            for _ in overdue { metrics.storeFailed(.deadline) }
            if !overdue.isEmpty { fallBack(overdue) }
        }
        let (expired, unforwarded) = state.withLock { state in
            let isLate: (PendingWebhook) -> Bool = {
                now >= $0.receivedNanoseconds + self.options.immediateNanoseconds
            }
            // What the store gave up meanwhile waits for nothing.
            let isOver: (PendingWebhook) -> Bool = { isLate($0) || $0.abandonedCause != nil }
            let waiting = state.waiting.filter(isLate)
            let late = waiting + state.running.filter(isLate) + state.refused.filter(isOver)
            state.waiting.removeAll(where: isLate)
            state.refused.removeAll(where: isOver)
            return (late, waiting)
        }
        for pending in unforwarded { leaveToStore(pending) }
        for pending in expired {
            // For those that run, the attempt's own end follows and finds the reply given.
            pending.receipt.unavailable(pending.abandonedCause ?? .storeLate)
        }
    }

    /// It will not be forwarded at once: if its commit comes, or came meanwhile, it is owed.
    private func leaveToStore(_ pending: PendingWebhook) {
        let webhook = pending.webhook
        for number in webhook.destinations {
            guard let id = pending.immediateEnded(at: number, taken: false).committedID else {
                continue
            }
            store.record([.release(id: webhook.destinations.row(of: number, last: id))])
        }
    }

    /// Immediate processing of one webhook ended at one of its destinations. A forwarding thread.
    func immediateEnded(
        _ pending: PendingWebhook, at number: DestinationNumber = .first, taken: Bool
    ) {
        let end = pending.immediateEnded(at: number, taken: taken)
        if end.isTakenByAll {
            // Written down before the reply: after a crash the message is not forwarded again.
            journal.append(SeenMessage(pending.webhook).received(by: store.clock))
        }
        if let id = end.committedID {
            let row = pending.webhook.destinations.row(of: number, last: id)
            let delivery = Delivery(
                id: row, attempt: 1, webhook: pending.webhook, destination: number)
            store.record([taken ? delivery.completion : .release(id: row)])
        }
        guard end.isLast else { return }
        // Relaxed: two times that are compared and guard nothing.
        if end.isTakenByAll {
            lastTaken.store(store.clock.monotonicNanoseconds, ordering: .relaxed)
            metrics.immediateProcessed.add(shard: metrics.backgroundShard)
            pending.receipt.taken()
            if end.committedID == nil {
                store.settle(pending.webhook)
                shared.value?.settle(pending.webhook)
            }
        } else {
            lastRefused.store(store.clock.monotonicNanoseconds, ordering: .relaxed)
        }
        leave(pending, taken: end.isTakenByAll)
    }

    /// No attempt of a webhook is under way any more; others may begin.
    private func leave(_ pending: PendingWebhook, taken: Bool) {
        // Not taken: unless the store gave it up, the commit may still come before the last
        // deadline; `tick` answers then.
        let isGone = store.status.isGone
        let abandoned = taken ? nil : pending.abandonedCause ?? (isGone ? .folderGone : nil)
        let next = state.withLock { state in
            state.running.removeAll { $0 === pending }
            if !taken, abandoned == nil { state.refused.append(pending) }
            return startable(&state)
        }
        if let abandoned { pending.receipt.unavailable(abandoned) }
        start(next)
    }

    /// True while nothing waits for immediate processing or its end. For the graceful stop.
    var isIdle: Bool {
        state.withLock { $0.waiting.isEmpty && $0.running.isEmpty && $0.refused.isEmpty }
    }

    /// Webhooks that wait for immediate processing or for its outcome. Any thread.
    var waiting: Int {
        state.withLock { $0.waiting.count + $0.running.count + $0.refused.count }
    }

    /// True while the application takes what the store does not: it took the last one, not long
    /// ago. Any thread.
    var isTaking: Bool {
        let taken = lastTaken.load(ordering: .relaxed)
        return taken > lastRefused.load(ordering: .relaxed)
            && store.clock.monotonicNanoseconds < taken + Self.takingNanoseconds
    }

    private static let takingNanoseconds: UInt64 = 10_000_000_000

    private func isStalled(at now: UInt64) -> Bool {
        let began = store.status.commitStartedNanoseconds
        return began != 0 && now > began + options.storeNanoseconds
    }

    private func fallBack(_ webhooks: [PendingWebhook]) {
        guard !webhooks.isEmpty else { return }
        // What is not verified is not for the application: only its commit can still come.
        let unverified = webhooks.filter { !$0.isVerified }
        let waiting = unverified.filter { $0.abandonedCause == nil }
        if !waiting.isEmpty { state.withLock { $0.refused += waiting } }
        for pending in unverified {
            if let cause = pending.abandonedCause { pending.receipt.unavailable(cause) }
        }
        let webhooks = webhooks.filter(\.isVerified)
        let (next, refused) = state.withLock { state in
            let room = max(0, options.waitingMax - state.waiting.count)
            state.waiting.append(contentsOf: webhooks.prefix(room))
            return (startable(&state), webhooks.dropFirst(room))
        }
        for pending in refused {
            metrics.requestsShed[.waiting].add(shard: metrics.backgroundShard)
            leaveToStore(pending)
            pending.receipt.unavailable(pending.abandonedCause ?? .overload)
        }
        start(next)
    }

    /// Moves what may run now from waiting to running; called with the lock held.
    private func startable(_ state: inout State) -> [PendingWebhook] {
        let room = options.immediateConcurrencyMax - state.running.count
        guard room > 0, !state.waiting.isEmpty else { return [] }
        let next = Array(state.waiting.prefix(room))
        state.waiting.removeFirst(next.count)
        state.running.append(contentsOf: next)
        return next
    }

    private func start(_ webhooks: [PendingWebhook]) {
        for pending in webhooks {
            forward(pending, pending.receivedNanoseconds + options.immediateNanoseconds)
        }
    }
}
