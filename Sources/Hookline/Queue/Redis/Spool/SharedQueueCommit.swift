import POSIX
import Synchronization

/// The first step of the fallback with `--queue redis`: the shared queue. What it does not confirm
/// in time goes on to the spool. Any thread; nothing here blocks.
final class SharedQueueCommit: Sendable {
    /// The step's numbers.
    struct Options: Sendable {
        /// How long an append may take.
        var budgetNanoseconds: UInt64
        /// Deliveries that may be owed in Redis.
        var owedMax: Int64
    }

    private let queue: RedisQueue
    private let options: Options
    private let metrics: ReceiverMetrics
    private let fallBack: @Sendable ([PendingWebhook]) -> Void
    /// Those that Redis has not confirmed, until they go on together.
    private let unconfirmed = Mutex<[PendingWebhook]>([])

    /// `fallBack` takes what Redis does not have, or may not have.
    init(
        _ queue: RedisQueue, _ options: Options, metrics: ReceiverMetrics,
        fallBack: @escaping @Sendable ([PendingWebhook]) -> Void
    ) {
        self.queue = queue
        self.options = options
        self.metrics = metrics
        self.fallBack = fallBack
    }

    /// Appends verified webhooks.
    func commit(_ batch: [PendingWebhook]) {
        if let status = queue.status, status.owed >= options.owedMax { return fallBack(batch) }
        let started = MonotonicClock.now()
        let deadline = started + options.budgetNanoseconds
        let appends = batch.map { pending in
            RedisQueue.Append(
                webhook: pending.webhook, validationKey: pending.validationKey,
                deadlineNanoseconds: deadline)
        }
        queue.append(appends) { [self] index, outcome in judge(batch[index], outcome, started) }
        // Where Redis is not asked, all of them are there already.
        flush()
    }

    /// The application has a message that Redis may not have.
    func settle(_ webhook: Webhook) { queue.settle(webhook) }

    /// Hands on what Redis has not confirmed. The writer's thread, when it has completed what it
    /// had.
    func flush() {
        let batch = unconfirmed.withLock { unconfirmed in
            defer { unconfirmed = [] }
            return unconfirmed
        }
        if !batch.isEmpty { fallBack(batch) }
    }

    private func judge(_ pending: PendingWebhook, _ outcome: RedisAppend, _ started: UInt64) {
        metrics.appended(nanoseconds: MonotonicClock.now() - started, outcome)
        switch outcome {
        case .stored: pending.receipt.stored(in: .redis)
        case .duplicate: pending.receipt.duplicate(in: .redis)
        case .refused, .unknown: unconfirmed.withLock { $0.append(pending) }
        }
    }
}
