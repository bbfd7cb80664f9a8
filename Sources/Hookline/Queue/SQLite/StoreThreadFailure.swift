import POSIX
import SQLite

/// What the store thread does when a transaction fails.
extension StoreThread {
    /// The transaction failed: changes are tried again, webhooks go on to the next step.
    mutating func failed(_ batch: StoreBatch, _ error: SQLiteError) -> Bool {
        store.rollBack()
        let failure = StoreError.sqlite(error)
        group.metrics.storeFailed(failure.reason)
        followUps = batch.changes
        for identity in batch.settled { group.settle(identity) }
        for account in batch.accounts { group.verify(account) }
        if failure.reason == .sync {
            group.status.markBroken()
            store.keepLogOnClose()
            leaveToJournal(batch.changes)
            followUps = []
        }
        rescue.failed(failure.reason)
        for pending in batch.appends { pending.abandon(failure.reason.cause) }
        if !batch.appends.isEmpty { group.callbacks.failed(batch.appends) }
        if failure.reason == .sync {
            group.callbacks.broken(failure)
            return false
        }
        housekeeping.makeRoom(failure.reason)
        // Nothing but time mends a full or busy disk: pause, so as not to spin on it.
        group.bell.wait(untilNanoseconds: MonotonicClock.now() + 20_000_000)
        return true
    }

    /// After a failed fsync nothing is written; what still comes goes on to the next step.
    func drainAfterBreak() {
        background.broke()
        leaveToJournal(followUps)
        while true {
            let (appends, changes, isStopping) = group.inbox.withLock { inbox in
                defer {
                    inbox.appends = []
                    inbox.changes = []
                }
                return (inbox.appends, inbox.changes, inbox.isStopping)
            }
            leaveToJournal(changes)
            for pending in appends { pending.abandon(.storeBroken) }
            if !appends.isEmpty { group.callbacks.failed(appends) }
            if isStopping { return }
            group.bell.wait(untilNanoseconds: MonotonicClock.now() + 100_000_000)
        }
    }

    /// What the application has and the store will not learn any more in this process.
    private func leaveToJournal(_ changes: [DeliveryChange]) {
        for change in changes {
            if case .complete(_, let identity, _) = change { group.callbacks.unwritten(identity) }
        }
    }
}
