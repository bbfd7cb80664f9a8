import POSIX
import SQLite

/// The store's slow work, in slices between transactions: checkpoints, pruning, ages.
/// Confined to the store thread.
final class StoreMaintenance {
    private let store: DeliveryStore
    private let group: SQLiteQueue
    private var nextAgesNanoseconds: UInt64 = 0
    private var nextPruneNanoseconds: UInt64 = 0
    private let frameBytes = 4096 + 24
    private let accountsMax = 64
    private var lastAccount: [UInt8]?

    init(store: DeliveryStore, group: SQLiteQueue) {
        self.store = store
        self.group = group
    }

    /// After every transaction: copies the log into the database once it is long enough.
    func afterCommit() {
        if store.logFrames * frameBytes >= group.options.checkpointBytes {
            checkpoint(truncating: false)
        }
        turn(nowNanoseconds: MonotonicClock.now())
    }

    /// A slice of what is due; called between transactions and when nothing waits.
    func turn(nowNanoseconds now: UInt64) {
        if now >= nextAgesNanoseconds {
            nextAgesNanoseconds = now + 1_000_000_000
            publishAges()
            lookForUnverified()
        }
        if now >= nextPruneNanoseconds {
            nextPruneNanoseconds = now + 1_000_000_000
            prune()
        }
    }

    /// At the end: everything is in the database and the log is empty.
    func finish() {
        checkpoint(truncating: true)
    }

    /// A full disk is met with a checkpoint: it lets the log be written from its start again.
    func makeRoom(_ reason: StoreFailure) {
        if reason == .full { checkpoint(truncating: true) }
    }

    private func checkpoint(truncating: Bool) {
        let started = MonotonicClock.now()
        do {
            _ = try store.checkpoint(truncating: truncating)
            group.metrics.checkpointed(nanoseconds: MonotonicClock.now() - started)
        } catch {
            // The log keeps every frame: a later checkpoint copies them.
            group.metrics.storeFailed(StoreError.sqlite(error).reason)
        }
    }

    private func publishAges() {
        var oldest: [DeliveryPriority: Int64] = [:]
        do {
            for priority in DeliveryPriority.allCases {
                oldest[priority] = try store.rows.oldestReceivedMilliseconds(priority)
            }
        } catch {
            group.metrics.storeFailed(StoreError.sqlite(error).reason)
        }
        group.status.publish(oldest: oldest)
    }

    /// Names some of the accounts that have unverified requests, each time the next ones.
    private func lookForUnverified() {
        guard store.unverified.size.rows > 0 else { return }
        do {
            let accounts = try store.unverified.accounts(after: lastAccount, max: accountsMax)
            lastAccount = accounts.count < accountsMax ? nil : accounts[accountsMax - 1].account
            if !accounts.isEmpty { group.callbacks.awaited(accounts) }
        } catch {
            group.metrics.storeFailed(StoreError.sqlite(error).reason)
        }
    }

    private func prune() {
        let limit = WallClock.nowMilliseconds() - group.options.dedupeRetentionMilliseconds
        do {
            try store.begin()
            let pruned = try store.pruneIdentities(before: limit, count: 500)
            if pruned > 0 { try store.commit() } else { store.rollBack() }
        } catch {
            store.rollBack()
            group.metrics.storeFailed(StoreError.sqlite(error).reason)
        }
    }
}
