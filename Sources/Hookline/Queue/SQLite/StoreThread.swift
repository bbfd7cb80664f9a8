import POSIX
import SQLite

/// The work of the store thread. Confined to that thread.
struct StoreThread: ~Copyable {
    let store: DeliveryStore
    let group: SQLiteQueue
    let housekeeping: StoreMaintenance
    let background: StoreIdleWork
    let rescue: StoreRescue
    private(set) var claims: StoreClaims
    /// Changes that follow from late commits; they come before any claim.
    var followUps: [DeliveryChange] = []
    var failures = FailedResults()
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
        claims = StoreClaims(store.destinations)
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
            if rescue.turn(nowNanoseconds: now) { claims.lookAgain() }
            var (batch, isStopping) = takeBatch()
            let claim = nextClaim(isStopping: isStopping)
            if batch.isOnlyComplete && claim.due.isEmpty && !isStopping && mayGather(now) {
                followUps = batch.changes
                group.bell.wait(untilNanoseconds: gatherUntilNanoseconds)
                continue
            }
            if batch.isEmpty && claim.due.isEmpty {
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
        if madeDue { claims.lookAgain() }
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
            claims.take(&inbox.wanted, bringsForward: &inbox.bringsForward)
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

    private func nextClaim(isStopping: Bool) -> StoreClaims.Turn {
        if isStopping { return StoreClaims.Turn() }
        return claims.turn(
            nowMilliseconds: store.clock.nowMilliseconds, isHeld: failures.holdsClaims(of:))
    }

    /// Writes results of attempts that failed, with claims of what is due; false when an fsync
    /// failed. What follows from late commits comes before any claim here too.
    private mutating func writeFailures() -> Bool {
        let began = store.clock.monotonicNanoseconds
        var batch = StoreBatch()
        batch.changes = followUps + failures.takeSlice()
        let isDurable = !followUps.isEmpty
        followUps = []
        var claim = claims.turn(nowMilliseconds: store.clock.nowMilliseconds) { _ in false }
        claim.appended = .none
        defer {
            failures.wrote(
                beganNanoseconds: began, endedNanoseconds: store.clock.monotonicNanoseconds)
        }
        guard write(&batch, claim, isDurable: isDurable) else { return false }
        housekeeping.afterCommit()
        return true
    }

    private func wakeNanoseconds(_ now: UInt64) -> UInt64 {
        var wait: UInt64 = 1_000_000_000
        if let due = claims.nextDueMilliseconds(isHeld: failures.holdsClaims(of:)) {
            let left = Swift.max(0, due - store.clock.nowMilliseconds)
            wait = min(wait, UInt64(Swift.min(left, 1000)) * 1_000_000)
        }
        return min(
            now + wait, background.dueNanoseconds ?? .max, failures.dueNanoseconds ?? .max,
            rescue.dueNanoseconds ?? .max)
    }

    /// Writes one transaction; false when an fsync failed.
    private mutating func write(
        _ batch: inout StoreBatch, _ claim: StoreClaims.Turn, isDurable: Bool = true
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
            try batch.addReplies(to: store)
            for message in batch.settled { try store.settle(message) }
            try batch.append(to: store, claiming: claims.rooms(of: claim))
            try batch.verify(in: store, group)
            for number in claim.due {
                batch.claimed += try claims.claim(
                    for: number, of: store.rows, nowMilliseconds: now)
            }
            try store.keepUpIdentities()
            try store.commit()
        } catch {
            // What it claimed is to be claimed again.
            claims.failed(claim)
            return failed(batch, error)
        }
        group.metrics.committed(
            messages: batch.appends.count, nanoseconds: store.clock.monotonicNanoseconds - started)
        rescue.committed(messages: batch.appends.count)
        group.publishStatus(of: store)
        if batch.quarantines { background.publishQuarantine() }
        claims.committed(claim, batch)
        if batch.hasReplies { group.callbacks.owesReplies() }
        committed(batch)
        return true
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
            guard case .late(let underWay, let taken) = outcome, let id else { continue }
            let webhook = pending.webhook
            for number in underWay.union(taken) {
                let row = webhook.destinations.row(of: number, last: id)
                withheld.insert(row)
                let delivery = Delivery(
                    id: row, attempt: 1, webhook: webhook, destination: number)
                followUps.append(taken.contains(number) ? delivery.completion : .hold(id: row))
            }
        }
        if !batch.appends.isEmpty { group.callbacks.replied() }
        // A claim of a withheld delivery is not handed out: its slot is wanted again.
        let handed =
            withheld.isEmpty
            ? batch.claimed : batch.claimed.filter { !withheld.contains($0.id) }
        claims.handedOut(handed)
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
