import POSIX
import SQLite

/// The work of the store thread. Confined to that thread.
struct StoreThread: ~Copyable {
    /// What one turn may claim.
    private enum Claim {
        /// Nothing is wanted.
        case nothing
        /// Whatever is due, in the queue's order.
        case due
        /// Nothing was due before: what this turn appends, and it needs no second look.
        case appended
    }

    let store: DeliveryStore
    let group: SQLiteQueue
    let housekeeping: StoreMaintenance
    let background: StoreIdleWork
    let rescue: StoreRescue
    private(set) var wanted = 0
    /// Changes that follow from late commits; they come before any claim.
    var followUps: [DeliveryChange] = []
    var failures = FailedResults()
    private var nextDueMilliseconds: Int64?
    private var mayClaim = true
    private var bringsForward = false
    /// When deliveries that are complete are written at the latest; nil while none wait.
    private var gatherUntilNanoseconds: UInt64?
    private let gatherNanoseconds: UInt64

    /// Deliveries that are complete wait for up to `gatherNanoseconds` for webhooks to be written
    /// with; a crash within that time forwards them once more.
    init(
        store: DeliveryStore, group: SQLiteQueue, quarantine: Quarantine? = nil,
        gatherNanoseconds: UInt64 = 5_000_000, ballast: Ballast? = nil, salvage: Salvage? = nil
    ) {
        self.store = store
        self.gatherNanoseconds = gatherNanoseconds
        self.group = group
        rescue = StoreRescue(store: store, group: group, ballast: ballast)
        housekeeping = StoreMaintenance(store: store, group: group, rescue: rescue)
        background = StoreIdleWork(
            store: store, group: group, quarantine: quarantine, rescue: rescue, salvage: salvage)
        group.publishStatus(of: store)
    }

    /// How a run ended.
    enum End {
        /// As it was told to, or with a store that writes no more.
        case stopped
        /// SQLite found the database damaged: what waits is left for the one that takes its place.
        case damaged
    }

    /// Turns until the group is told to stop and nothing waits, or the store is broken or damaged.
    @discardableResult
    mutating func run() -> End {
        while true {
            if group.status.isDamaged { return leave() }
            if group.status.isBroken { return drainAfterBreak() }
            let now = store.clock.monotonicNanoseconds
            group.status.turned(at: now)
            if rescue.turn(nowNanoseconds: now) { mayClaim = true }
            var (batch, isStopping) = takeBatch()
            let claim = nextClaim(isStopping: isStopping)
            if batch.isOnlyComplete && claim != .due && !isStopping && mayGather(now) {
                followUps = batch.changes
                group.bell.wait(untilNanoseconds: gatherUntilNanoseconds)
                continue
            }
            if batch.isEmpty && claim != .due {
                if isStopping { break }
                if failures.isDue(nowNanoseconds: now, webhooksWait: false) {
                    guard writeFailures() else { return drainAfterBreak() }
                    continue
                }
                housekeeping.turn(nowNanoseconds: now)
                switch background.turn(nowNanoseconds: now) {
                case .idle:
                    if housekeeping.idleSlice() { continue }
                    group.bell.wait(untilNanoseconds: wakeNanoseconds(now))
                case .worked(let madeDue): workedBetweenCommits(madeDue)
                case .broken: return drainAfterBreak()
                }
                continue
            }
            guard write(&batch, claim) else { return drainAfterBreak() }
            if group.status.isDamaged { continue }
            housekeeping.afterCommit()
            let after = store.clock.monotonicNanoseconds
            if failures.isDue(nowNanoseconds: after, webhooksWait: housekeeping.webhooksWait) {
                guard writeFailures() else { return drainAfterBreak() }
            }
            switch background.turn(nowNanoseconds: after) {
            case .idle: break
            case .worked(let madeDue): workedBetweenCommits(madeDue)
            case .broken: return drainAfterBreak()
            }
        }
        background.finish()
        housekeeping.finish()
        if !group.status.isBroken { group.noteClean(store) }
        return .stopped
    }

    /// True while what is complete may wait for webhooks to be written with it: nobody waits for
    /// it, and a transaction of its own costs as much as theirs.
    private mutating func mayGather(_ now: UInt64) -> Bool {
        let end = gatherUntilNanoseconds ?? now + gatherNanoseconds
        gatherUntilNanoseconds = end
        return now < end
    }

    /// Something else than a batch was written.
    private mutating func workedBetweenCommits(_ madeDue: Bool) {
        if madeDue { mayClaim = true }
        housekeeping.afterCommit()
    }

    private mutating func takeBatch() -> (StoreBatch, isStopping: Bool) {
        var batch = StoreBatch()
        let max = group.options.batchRowsMax
        let (isStopping, more) = group.inbox.withLock { inbox in
            swap(&batch.changes, &inbox.changes)
            // What only takes room waits for room.
            if !group.status.isRefusing { swap(&batch.settled, &inbox.settled) }
            if !inbox.accounts.isEmpty { batch.accounts = [inbox.accounts.removeFirst()] }
            if inbox.appends.count <= max {
                swap(&batch.appends, &inbox.appends)
            } else {
                batch.appends = Array(inbox.appends.prefix(max))
                inbox.appends.removeFirst(max)
            }
            wanted += inbox.wanted
            inbox.wanted = 0
            if inbox.bringsForward { (bringsForward, mayClaim) = (true, true) }
            inbox.bringsForward = false
            return (inbox.isStopping, !inbox.appends.isEmpty || !inbox.accounts.isEmpty)
        }
        if more { group.bell.ring() }
        if isStopping {
            batch.changes += failures.takeAll()
        } else {
            failures.take(from: &batch.changes, nowNanoseconds: store.clock.monotonicNanoseconds)
        }
        batch.changes.insert(contentsOf: followUps, at: 0)
        followUps = []
        return (batch, isStopping)
    }

    private func nextClaim(isStopping: Bool) -> Claim {
        if wanted <= 0 || isStopping { return .nothing }
        guard isClaimDue() else { return .appended }
        return failures.holdsClaims ? .nothing : .due
    }

    /// Writes results of attempts that failed, with claims of what is due; false when an fsync
    /// failed. What follows from late commits comes before any claim here too.
    private mutating func writeFailures() -> Bool {
        let began = store.clock.monotonicNanoseconds
        var batch = StoreBatch()
        batch.changes = followUps + failures.takeSlice()
        let isDurable = !followUps.isEmpty
        followUps = []
        let claim: Claim = wanted > 0 && isClaimDue() ? .due : .nothing
        defer {
            failures.wrote(
                beganNanoseconds: began, endedNanoseconds: store.clock.monotonicNanoseconds)
        }
        guard write(&batch, claim, isDurable: isDurable) else { return false }
        housekeeping.afterCommit()
        return true
    }

    private func isClaimDue() -> Bool {
        guard !mayClaim else { return true }
        guard let due = nextDueMilliseconds else { return false }
        return due <= store.clock.nowMilliseconds
    }

    private func wakeNanoseconds(_ now: UInt64) -> UInt64 {
        var wait: UInt64 = 1_000_000_000
        if wanted > 0, !failures.holdsClaims, let due = nextDueMilliseconds {
            let left = Swift.max(0, due - store.clock.nowMilliseconds)
            wait = min(wait, UInt64(Swift.min(left, 1000)) * 1_000_000)
        }
        return min(
            now + wait, background.dueNanoseconds ?? .max, failures.dueNanoseconds ?? .max,
            rescue.dueNanoseconds ?? .max)
    }

    /// Writes one transaction; false when an fsync failed.
    private mutating func write(
        _ batch: inout StoreBatch, _ claim: Claim, isDurable: Bool = true
    ) -> Bool {
        let started = store.clock.monotonicNanoseconds
        gatherUntilNanoseconds = nil
        if !batch.appends.isEmpty, !group.callbacks.isIntact() {
            for pending in batch.appends { pending.abandon(.folderGone) }
            group.callbacks.failed(batch.appends)
            batch.appends = []
        }
        group.committing.withLock { $0 = batch.appends }
        group.status.commitBegan(at: started)
        defer {
            group.status.commitEnded()
            group.committing.withLock { $0 = [] }
        }
        let now = store.clock.nowMilliseconds
        batch.timeMilliseconds = now
        do {
            try store.begin(isDurable: isDurable)
            try store.rows.apply(batch.changes)
            for message in batch.settled { try store.settle(message) }
            try batch.append(to: store, claiming: claim == .appended ? wanted : 0)
            try batch.verify(in: store, group)
            if claim == .due {
                if bringsForward { try store.rows.bringForward(nowMilliseconds: now) }
                batch.claimed = try store.rows.claim(wanted, nowMilliseconds: now)
                if batch.claimed.count < wanted {
                    nextDueMilliseconds = try store.rows.nextDueMilliseconds()
                }
            }
            try store.keepUpIdentities()
            try store.commit()
        } catch {
            // What it claimed is to be claimed again.
            if claim == .due { mayClaim = true }
            return failed(batch, error)
        }
        group.metrics.committed(
            messages: batch.appends.count, nanoseconds: store.clock.monotonicNanoseconds - started)
        rescue.committed(messages: batch.appends.count)
        group.publishStatus(of: store)
        if batch.quarantines { background.publishQuarantine() }
        if claim == .due { bringsForward = false }
        if claim == .due { mayClaim = batch.claimed.count == wanted } else { lookForDue(batch) }
        committed(batch)
        return true
    }

    /// Notes what the batch leaves to be claimed, now or later.
    private mutating func lookForDue(_ batch: StoreBatch) {
        if batch.leavesAvailable { mayClaim = true }
        for change in batch.changes {
            switch change {
            case .release, .unclaim: mayClaim = true
            case .retry(_, let due, _): nextDueMilliseconds = min(nextDueMilliseconds ?? due, due)
            case .complete, .deadLetter, .hold: break
            }
        }
    }

    /// Hands out receipts, and what was claimed.
    private mutating func committed(_ batch: StoreBatch) {
        var withheld: Set<Int64> = []
        for (pending, addition) in zip(batch.appends, batch.additions) {
            guard case .delivery(let id) = addition else {
                deferred(pending, addition)
                continue
            }
            let outcome = pending.committed(id: id)
            if id == nil {
                pending.receipt.duplicate(in: .sqlite)
            } else {
                pending.receipt.stored(in: .sqlite)
            }
            guard outcome != .inTime, let id else { continue }
            switch outcome {
            case .inTime, .lateAndOwed: break
            case .lateWhileForwarding:
                withheld.insert(id)
                followUps.append(.hold(id: id))
            case .lateButTaken:
                withheld.insert(id)
                followUps.append(
                    Delivery(id: id, attempt: 1, webhook: pending.webhook).completion)
            }
        }
        if !batch.appends.isEmpty { group.callbacks.replied() }
        // A claim of a withheld delivery is not handed out: its slot is wanted again.
        let handed =
            withheld.isEmpty
            ? batch.claimed : batch.claimed.filter { !withheld.contains($0.id) }
        wanted -= handed.count
        if !handed.isEmpty { group.callbacks.claimed(handed) }
    }

    /// Answers for a request that was stored unverified, or for which there was no room.
    private func deferred(_ pending: PendingWebhook, _ addition: StoreBatch.Addition) {
        _ = pending.committed(id: nil)
        if case .unverified(.stored) = addition {
            pending.receipt.deferred()
        } else {
            group.metrics.storeFailed(.unverifiedFull)
            pending.receipt.unavailable(.unverifiedFull)
        }
    }
}
