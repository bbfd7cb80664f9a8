import POSIX
import SQLite

/// The store's slow work, in slices between transactions: checkpoints, pruning, ages.
/// Confined to the store thread.
final class StoreMaintenance {
    private let store: DeliveryStore
    private let group: SQLiteQueue
    private let rescue: StoreRescue
    private var nextAgesNanoseconds: UInt64 = 0
    private var nextPruneNanoseconds: UInt64 = 0
    private var nextAgainNanoseconds: UInt64 = 0
    private var nextSliceNanoseconds: UInt64 = 0
    private let deadLetters: DeadLetterLimit
    private let frameBytes = 4096 + 24
    private static let fullDiskLogBytes = 256 * 1024
    private let accountsMax = 64
    /// Identities that one slice forgets.
    private static let sliceCount = 1024
    private var lastAccount: [UInt8]?

    init(store: DeliveryStore, group: SQLiteQueue, rescue: StoreRescue) {
        self.rescue = rescue
        self.store = store
        self.group = group
        deadLetters = DeadLetterLimit(store: store, group: group)
    }

    /// After every transaction: copies the log into the database once it is long enough, and does
    /// a slice of what is due, twenty a second at most.
    func afterCommit() {
        // On a full disk the log is kept short: it is written in the room that it has.
        let bytesMax =
            group.status.isRefusing
            ? min(Self.fullDiskLogBytes, group.options.checkpointBytes)
            : group.options.checkpointBytes
        if store.logFrames * frameBytes >= bytesMax { checkpoint(truncating: false) }
        let now = store.clock.monotonicNanoseconds
        turn(nowNanoseconds: now)
        guard now >= nextSliceNanoseconds, !webhooksWait else { return }
        nextSliceNanoseconds = now + 50_000_000
        _ = slice()
    }

    /// When nothing waits: a slice of what is due; false when nothing is.
    func idleSlice() -> Bool {
        guard slice() else { return false }
        afterCommit()
        return true
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
            let again = now >= nextAgainNanoseconds
            if again { nextAgainNanoseconds = now + 600_000_000_000 }
            let limit = store.clock.nowMilliseconds - group.options.dedupeRetentionMilliseconds
            store.forgetIdentities(before: limit, again: again)
            deadLetters.look()
        }
    }

    /// At the end: the time is noted, everything is in the database and the log is empty.
    func finish() {
        do {
            try store.begin()
            try store.commit()
        } catch {
            store.rollBack()
            let failure = group.failed(error)
            if failure.reason == .sync { return group.broke(store, failure) }
        }
        checkpoint(truncating: true)
    }

    /// A full disk is met with a checkpoint: it lets the log be written from its start again, in
    /// the room that its file has.
    func makeRoom(_ reason: StoreFailure) {
        if reason == .full { checkpoint(truncating: false) }
    }

    private func checkpoint(truncating: Bool) {
        let started = store.clock.monotonicNanoseconds
        do {
            _ = try store.checkpoint(truncating: truncating)
            group.metrics.checkpointed(nanoseconds: store.clock.monotonicNanoseconds - started)
        } catch {
            // The log keeps every frame: a later checkpoint copies them.
            let failure = group.failed(error)
            if failure.reason == .sync { return group.broke(store, failure) }
            // With the room of the ballast it may work.
            if rescue.failed(failure.reason) { checkpoint(truncating: truncating) }
        }
    }

    private func publishAges() {
        var oldest: [DeliveryPriority: Int64] = [:]
        do {
            for priority in DeliveryPriority.allCases {
                oldest[priority] = try store.rows.oldestReceivedMilliseconds(priority)
            }
        } catch {
            failed(error)
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
            _ = group.failed(error)
        }
    }

    /// True when there are webhooks for the next transaction.
    var webhooksWait: Bool { group.inbox.withLock { !$0.appends.isEmpty } }

    /// Deletes some of what is kept no longer, in a transaction that waits for no disk; false when
    /// nothing was due.
    private func slice() -> Bool {
        guard store.forgetsIdentities || deadLetters.isDue else { return false }
        do {
            try store.begin(isDurable: false)
            var hasWritten = false
            if store.forgetsIdentities {
                hasWritten = try store.tidyIdentities(count: Self.sliceCount)
            }
            let dropped = try deadLetters.slice()
            // An idle store writes nothing, not even the time.
            if hasWritten || !dropped.isEmpty { try store.commit() } else { store.rollBack() }
            deadLetters.committed(dropped)
        } catch {
            store.rollBack()
            failed(error)
            return false
        }
        return true
    }

    private func failed(_ error: SQLiteError) {
        rescue.failed(group.failed(error).reason)
    }
}
