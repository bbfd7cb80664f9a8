import POSIX
import SQLite

/// What the store thread does when a transaction fails.
extension StoreThread {
    /// The transaction failed: changes are tried again, webhooks go on to the next step.
    mutating func failed(_ batch: StoreBatch, _ error: SQLiteError) -> Bool {
        store.rollBack()
        let failure = group.failed(error)
        group.putBack(settled: batch.settled, accounts: batch.accounts)
        if failure.reason == .sync {
            group.status.markBroken()
            store.keepLogOnClose()
            group.leaveToJournal(batch.changes)
        } else {
            followUps = batch.changes + followUps
        }
        if failure.reason == .corrupt {
            // They stay, and are committed as soon as another database is open.
            group.putBack(batch.appends, changes: [], wanted: [])
            return true
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
        group.bell.wait(untilNanoseconds: store.clock.monotonicNanoseconds + 20_000_000)
        return true
    }

    /// What waits is the next store's.
    mutating func leave() -> End {
        group.putBack([], changes: followUps + failures.takeAll(), wanted: claims.wanted)
        store.keepLogOnClose()
        return .damaged
    }

    /// After a failed fsync nothing is written; what still comes goes on to the next step.
    func drainAfterBreak() -> End {
        background.broke()
        group.drain(followUps)
        return .stopped
    }
}
