import POSIX
import Synchronization

extension RedisQueue {
    /// Takes verified webhooks; returns all when as much is owed as may be. What Redis does not
    /// confirm in time goes on through `Callbacks.unconfirmed`.
    func append(_ batch: [PendingWebhook]) -> [PendingWebhook] {
        if let status, status.owed >= options.owedMax { return batch }
        let started = MonotonicClock.now()
        let deadline = started + options.budgetNanoseconds
        let appends = batch.map { pending in
            Append(
                webhook: pending.webhook, validationKey: pending.validationKey,
                deadlineNanoseconds: deadline)
        }
        append(appends) { [self] index, outcome in judge(batch[index], outcome, started) }
        // Where Redis is not asked, all of them are there already.
        unconfirmed.handOn()
        return []
    }

    private func judge(_ pending: PendingWebhook, _ outcome: RedisAppend, _ started: UInt64) {
        callbacks.appended(MonotonicClock.now() - started, outcome)
        switch outcome {
        case .stored: pending.receipt.stored(in: .redis)
        case .duplicate: pending.receipt.duplicate(in: .redis)
        case .refused, .unknown: unconfirmed.add(pending)
        }
    }
}

/// Webhooks that Redis has not confirmed, until they go on together. Any thread.
final class UnconfirmedWebhooks: Sendable {
    private let waiting = Mutex<[PendingWebhook]>([])
    private let take: @Sendable ([PendingWebhook]) -> Void

    /// `handOn` takes what Redis does not have, or may not have.
    init(handOn: @escaping @Sendable ([PendingWebhook]) -> Void) { take = handOn }

    /// One more, to go on with the others of its batch.
    func add(_ pending: PendingWebhook) { waiting.withLock { $0.append(pending) } }

    /// Hands on what there is. The writer's thread when it has completed what it had, or the one
    /// that appends.
    func handOn() {
        let batch = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        if !batch.isEmpty { take(batch) }
    }
}
