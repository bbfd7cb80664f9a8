import MicroHTTP
import SQLite

/// What one turn of the store thread writes in one transaction, and what comes of it.
struct StoreBatch {
    /// What became of one append.
    enum Addition {
        /// It is this delivery; nil for a duplicate.
        case delivery(Int64?)
        /// It is stored unverified, or there was no room for it.
        case unverified(UnverifiedRows.Addition)
    }

    /// Changes of deliveries.
    var changes: [DeliveryChange] = []
    /// Messages that the application has, stored or not.
    var settled: [SeenMessage] = []
    /// Webhooks to be stored.
    var appends: [PendingWebhook] = []
    /// Accounts whose unverified requests can be verified.
    var accounts: [[UInt8]] = []
    /// What became of each append.
    private(set) var additions: [Addition] = []
    /// Deliveries that are running from now on.
    var claimed: [Delivery] = []
    /// True when deliveries were added that nobody has claimed.
    private(set) var leavesAvailable = false

    /// When it is written, by the store's clock; nil until its transaction begins.
    var timeMilliseconds: Int64?

    /// True when what was unverified went to quarantine.
    private(set) var quarantines = false

    /// True when there is nothing to write.
    var isEmpty: Bool {
        changes.isEmpty && settled.isEmpty && appends.isEmpty && accounts.isEmpty
    }

    /// True when all that there is to write are deliveries that are complete.
    var isOnlyComplete: Bool {
        !changes.isEmpty && settled.isEmpty && appends.isEmpty && accounts.isEmpty
            && changes.allSatisfy { if case .complete = $0 { true } else { false } }
    }

    /// Adds the webhooks and claims up to `room` of them at once, media first.
    mutating func append(
        to store: DeliveryStore, claiming room: Int
    ) throws(SQLiteError) {
        let isClaimed = choose(room)
        var ids = try store.append(
            zip(appends, isClaimed).filter { $0.0.isVerified }
                .map { (webhook: $0.webhook, running: $1) }, at: timeMilliseconds
        )[...]
        additions.reserveCapacity(appends.count)
        for (pending, isClaimed) in zip(appends, isClaimed) {
            let webhook = pending.webhook
            if let request = pending.unverified {
                let addition = try store.unverified.add(
                    request, account: webhook[.account], fingerprint: webhook.identity,
                    receivedMilliseconds: webhook.receivedMilliseconds,
                    keptMilliseconds: timeMilliseconds)
                additions.append(.unverified(addition))
                continue
            }
            let id = ids.removeFirst()
            additions.append(.delivery(id))
            guard let id else { continue }
            if isClaimed {
                claimed.append(
                    Delivery(
                        id: id, attempt: 1, webhook: webhook, owedMilliseconds: timeMilliseconds))
            } else {
                leavesAvailable = true
            }
        }
    }

    /// Verifies a slice of an account's unverified requests: what is genuine claims its identity
    /// and is owed, in this transaction.
    mutating func verify(in store: DeliveryStore, _ group: SQLiteQueue) throws(SQLiteError) {
        let slice = 64
        for account in accounts {
            let rows = try store.unverified.rows(of: account, max: slice)
            var decided = 0
            for row in rows {
                guard try decide(row, in: store, group) else { break }
                decided += 1
            }
            if decided == slice { group.verify(account) }
        }
    }

    /// False when the account's token is still not there; then it is there for no later row.
    private mutating func decide(
        _ row: UnverifiedRows.Row, in store: DeliveryStore, _ group: SQLiteQueue
    ) throws(SQLiteError) -> Bool {
        if let remains = row.corrupt {
            try store.bury(remains, receivedMilliseconds: row.receivedMilliseconds)
            try store.unverified.remove(row)
            return true
        }
        let verdict =
            row.request.map {
                group.callbacks.verify(
                    $0, row.receivedMilliseconds, store.clock.age(of: row.keptMilliseconds))
            }
        switch verdict {
        // Its record is damaged: nothing can come of it.
        case nil: break
        case .undecided: return false
        case .genuine(let webhook):
            if try store.append(webhook, at: timeMilliseconds) != nil { leavesAvailable = true }
        case .refused(let request):
            _ = try store.quarantine.keep(request, at: timeMilliseconds)
            quarantines = true
        }
        try store.unverified.remove(row)
        return true
    }

    /// Which of the webhooks are claimed as they are added.
    private func choose(_ room: Int) -> [Bool] {
        var isClaimed = appends.map { !$0.isTakenOver && $0.isVerified }
        // In the ordinary case there is room for all.
        guard room < appends.count else { return isClaimed }
        var room = room
        for priority in DeliveryPriority.allCases {
            for index in appends.indices
            where isClaimed[index] && appends[index].webhook.priority == priority {
                if room > 0 { room -= 1 } else { isClaimed[index] = false }
            }
        }
        return isClaimed
    }
}
