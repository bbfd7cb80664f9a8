import MicroHTTP
import SQLite

/// What one turn of the store thread writes in one transaction, and what comes of it.
struct StoreBatch {
    /// What became of one append.
    enum Addition {
        /// It is stored, and its last delivery has this number; nil for a duplicate.
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
    /// To whom deliveries were added that nobody has claimed.
    private(set) var leavesAvailable = DestinationSet.none

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

    /// True when one of the changes asks for replies.
    private(set) var hasReplies = false

    /// Adds the replies that completed deliveries ask for.
    mutating func addReplies(to store: DeliveryStore) throws(SQLiteError) {
        for case .replies(let delivery, let replies) in changes {
            try store.outbound.add(
                replies, to: delivery, nowMilliseconds: store.clock.nowMilliseconds)
            hasReplies = true
        }
    }

    /// Adds the webhooks and claims up to so many of them at once for each destination, media
    /// first.
    mutating func append(
        to store: DeliveryStore, claiming rooms: [Int]
    ) throws(SQLiteError) {
        let chosen = choose(rooms)
        var ids = try store.append(
            zip(appends, chosen).filter { $0.0.isVerified }
                .map { (webhook: $0.webhook, running: $1) }, at: timeMilliseconds
        )[...]
        additions.reserveCapacity(appends.count)
        for (pending, chosen) in zip(appends, chosen) {
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
            for number in chosen {
                claimed.append(
                    Delivery(
                        id: webhook.destinations.row(of: number, last: id), attempt: 1,
                        webhook: webhook, owedMilliseconds: timeMilliseconds,
                        destination: number))
            }
            leavesAvailable = leavesAvailable.union(webhook.destinations.subtracting(chosen))
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
            if try store.append(webhook, at: timeMilliseconds) != nil {
                leavesAvailable = leavesAvailable.union(webhook.destinations)
            }
        case .refused(let request):
            _ = try store.quarantine.keep(request, at: timeMilliseconds)
            quarantines = true
        }
        try store.unverified.remove(row)
        return true
    }

    /// For which destinations each webhook is claimed as it is added.
    private func choose(_ rooms: [Int]) -> [DestinationSet] {
        var chosen = appends.map {
            $0.isTakenOver || !$0.isVerified ? .none : $0.webhook.destinations
        }
        for index in rooms.indices {
            let number = DestinationNumber(index)
            var room = rooms[index]
            // In the ordinary case there is room for all.
            guard room < appends.count else { continue }
            for priority in DeliveryPriority.allCases {
                for place in appends.indices
                where chosen[place].contains(number)
                    && appends[place].webhook.priority == priority
                {
                    if room > 0 { room -= 1 } else { chosen[place].remove(number) }
                }
            }
        }
        return chosen
    }
}
