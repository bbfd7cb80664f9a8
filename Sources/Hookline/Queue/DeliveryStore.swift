import SQLite

/// The queue in SQLite: one verb a state change, each inside the caller's transaction.
///
/// Confined to the store thread, which owns the only connection that writes or checkpoints:
/// SQLite 3.7.0 to 3.51.2 can corrupt a write-ahead log that two connections write and
/// checkpoint at once (https://sqlite.org/wal.html#walresetbug).
final class DeliveryStore {
    /// Rows by state and priority; true as of the last transaction that ended.
    private(set) var counts: DeliveryCounts
    /// What the transaction under way will have changed.
    private var pending: DeliveryCounts
    /// Requests that are stored unverified.
    let unverified: UnverifiedRows
    private let connection: Connection
    private let statements: StoreStatements
    private let identities: SeenIdentities
    private var claimsSinceNormal = 0
    /// What `synchronous` is without a relaxation, and whether it is relaxed now.
    private let durability: String
    private var isRelaxed = false
    /// The requests that were refused and are kept.
    let quarantine: QuarantineTable
    /// Looks at deliveries without changing them.
    let listing: DeliveryListing

    /// Opens the database, creates or checks its schema and recovers what a dead process held.
    init(
        path: String, unverifiedMax: UnverifiedRows.Size = UnverifiedRows.Size(),
        synchronousOff: Bool = false
    ) throws(StoreError) {
        let opened = try StoreFile.open(path)
        connection = opened
        do {
            durability = synchronousOff ? "OFF" : "FULL"
            try opened.execute("PRAGMA synchronous=\(durability)")
            statements = try StoreStatements(opened)
            try opened.execute("UPDATE delivery SET state=0 WHERE state=1")
            identities = try SeenIdentities(opened)
            unverified = try UnverifiedRows(opened, sizeMax: unverifiedMax)
            quarantine = try QuarantineTable(opened)
            listing = try DeliveryListing(opened)
            counts = try DeliveryCounts(counting: opened)
            pending = counts
        } catch {
            throw .sqlite(error)
        }
    }

    /// Begins a transaction that writes.
    ///
    /// One that is not durable commits without waiting for the disk: a power cut may undo it
    /// until the next one that is, which syncs the same log. It is for what nobody was promised.
    func begin(isDurable: Bool = true) throws(SQLiteError) {
        pending = counts
        identities.begin()
        unverified.begin()
        if isRelaxed == isDurable {
            // With NORMAL a commit is written to the log and not synced
            // (https://sqlite.org/pragma.html#pragma_synchronous).
            let mode = isDurable || durability == "OFF" ? durability : "NORMAL"
            try connection.execute("PRAGMA synchronous=\(mode)")
            isRelaxed = !isDurable
        }
        try connection.execute("BEGIN IMMEDIATE")
    }

    /// Ends the transaction; when it returns, everything in it is on the disk.
    func commit() throws(SQLiteError) {
        try connection.execute("COMMIT")
        counts = pending
        identities.committed()
        unverified.committed()
        quarantine.committed()
    }

    /// Ends the transaction without effect; after some errors SQLite has already done so.
    func rollBack() {
        identities.rolledBack()
        if connection.isInTransaction {
            // A ROLLBACK that fails leaves nothing to do: the next BEGIN reports it.
            try? connection.execute("ROLLBACK")
        }
        quarantine.rolledBack()
    }

    /// Adds a webhook unless its identity was seen; returns its id, or nil for a duplicate.
    ///
    /// With `running` it is claimed in the same step.
    func append(_ webhook: Webhook, running: Bool = false) throws(SQLiteError) -> Int64? {
        let state: DeliveryState = running ? .running : .available
        let seen = webhook.receivedMilliseconds
        guard let id = try identities.claim(webhook.identity, seenMilliseconds: seen) else {
            return nil
        }
        try statements.insert(webhook, id: id, state: state)
        pending[webhook.priority, state] += 1
        return id
    }

    /// Takes up to `count` deliveries that are due: media first, but every fourth place goes to
    /// text when there is any, so that text never starves.
    func claim(_ count: Int, nowMilliseconds: Int64) throws(SQLiteError) -> [Delivery] {
        var claimed: [Delivery] = []
        var exhausted: Set<DeliveryPriority> = []
        while claimed.count < count && exhausted.count < DeliveryPriority.allCases.count {
            let turn: DeliveryPriority = claimsSinceNormal >= 3 ? .normal : .high
            let priority = exhausted.contains(turn) ? (turn == .high ? .normal : .high) : turn
            guard let delivery = try claimOne(priority, nowMilliseconds) else {
                exhausted.insert(priority)
                continue
            }
            claimsSinceNormal = priority == .normal ? 0 : claimsSinceNormal + 1
            claimed.append(delivery)
        }
        return claimed
    }

    /// When the next delivery is due: milliseconds since the epoch, nil when none waits.
    func nextDueMilliseconds() throws(SQLiteError) -> Int64? {
        var next: Int64?
        for priority in DeliveryPriority.allCases {
            let query = statements.firstDue
            try query.bind(1, priority.code)
            if try query.step() { next = min(next ?? .max, query.integer(0)) }
            query.reset()
        }
        return next
    }

    /// Writes down what became of a delivery; one that is gone already changes nothing.
    func apply(_ change: DeliveryChange) throws(SQLiteError) {
        switch change {
        case .complete(let id, _, let priority):
            try run(statements.deleteRunning, id)
            if connection.changes == 1 {
                pending[priority, .running] -= 1
            } else {
                try remove(id)
            }
        case .retry(let id, let due):
            try move(id, to: .retryable, due: due, reason: nil)
        case .deadLetter(let id, let reason):
            try move(id, to: .deadLettered, due: 0, reason: reason.rawValue)
        case .hold(let id):
            try move(id, to: .running, due: 0, reason: nil)
        case .release(let id):
            try move(id, to: .available, due: 0, reason: nil)
        }
    }

    /// Adds a webhook that was released, owed from now on, unless its identity was seen; returns
    /// its id, or nil for a duplicate.
    func release(_ webhook: Webhook, nowMilliseconds: Int64) throws(SQLiteError) -> Int64? {
        guard let id = try append(webhook) else { return nil }
        try statements.owe.bind(2, nowMilliseconds)
        try run(statements.owe, id)
        return id
    }

    /// Owes a dead letter anew: no attempts, a whole retry window; false when it is none.
    func revive(_ id: Int64, nowMilliseconds: Int64) throws(SQLiteError) -> Bool {
        try statements.revive.bind(2, nowMilliseconds)
        guard let priority = try leaveDeadLetters(statements.revive, id) else { return false }
        pending[priority, .available] += 1
        return true
    }

    /// Deletes a dead letter; false when it is none. Its identity stays seen.
    func discardDeadLetter(_ id: Int64) throws(SQLiteError) -> Bool {
        try leaveDeadLetters(statements.discardDead, id) != nil
    }

    /// True when a message with this identity was seen.
    func isSeen(_ identity: Identity) throws(SQLiteError) -> Bool {
        try identities.find(identity) != nil
    }

    /// Forgets identities that were seen before `milliseconds`, looking at `count` of them, and
    /// never one whose delivery still exists. Returns how many.
    func pruneIdentities(before milliseconds: Int64, count: Int) throws(SQLiteError) -> Int {
        try identities.prune(before: milliseconds, count: count)
    }

    /// Lets identities that gathered in memory enter their index; part of every transaction.
    func indexIdentities() throws(SQLiteError) { try identities.enterIndex() }

    /// Notes that the application has a message whose commit is unknown or failed: its identity
    /// is claimed and a delivery of it, should one exist, is complete.
    func settle(_ identity: Identity, nowMilliseconds: Int64) throws(SQLiteError) {
        if let id = try identities.find(identity) { return try remove(id) }
        _ = try identities.claim(identity, seenMilliseconds: nowMilliseconds)
    }

    /// Moves the write-ahead log into the database; returns the frames left in it.
    func checkpoint(truncating: Bool) throws(SQLiteError) -> Int {
        try connection.checkpoint(truncating: truncating)
    }

    /// Frames in the write-ahead log as of the last commit, each a page and 24 bytes.
    var logFrames: Int { connection.logFrames }

    /// Keeps the log as it is when the connection closes: after a failed fsync it must not be
    /// checkpointed by this process.
    func keepLogOnClose() { connection.keepLogOnClose() }

    /// When the oldest message that waits for an attempt was received.
    func oldestReceivedMilliseconds(_ priority: DeliveryPriority) throws(SQLiteError) -> Int64? {
        let query = statements.oldest
        try query.bind(1, priority.code)
        defer { query.reset() }
        return try query.step() ? query.integer(0) : nil
    }
}

extension DeliveryStore {
    private func claimOne(
        _ priority: DeliveryPriority, _ now: Int64
    ) throws(SQLiteError) -> Delivery? {
        while true {
            let query = statements.selectDue
            try query.bind(1, priority.code)
            try query.bind(2, now)
            guard try query.step() else {
                query.reset()
                return nil
            }
            let id = query.integer(0)
            let state = DeliveryState(code: query.integer(2)) ?? .available
            let delivery = statements.delivery(from: query, priority: priority)
            query.reset()
            guard let delivery else {
                try move(
                    id, to: .deadLettered, due: 0, reason: DeadLetterReason.damaged.rawValue)
                continue
            }
            try run(statements.markRunning, id)
            pending[priority, state] -= 1
            pending[priority, .running] += 1
            return delivery
        }
    }

    private func leaveDeadLetters(
        _ statement: Statement, _ id: Int64
    ) throws(SQLiteError) -> DeliveryPriority? {
        try statement.bind(1, id)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        let priority = DeliveryPriority(code: statement.integer(0))
        pending[priority, .deadLettered] -= 1
        return priority
    }

    private func move(
        _ id: Int64, to state: DeliveryState, due: Int64, reason: String?
    ) throws(SQLiteError) {
        guard try leave(id, entering: state) else { return }
        let update = statements.move
        try update.bind(1, id)
        try update.bind(2, state.code)
        try update.bind(3, due)
        if let reason { try update.bind(4, reason) } else { try update.bindNull(4) }
        try update.run()
    }

    /// Takes a delivery out of the counts of its present state; false when there is no such row.
    private func leave(_ id: Int64, entering: DeliveryState? = nil) throws(SQLiteError) -> Bool {
        let query = statements.stateOf
        try query.bind(1, id)
        defer { query.reset() }
        guard try query.step(), let state = DeliveryState(code: query.integer(1)) else {
            return false
        }
        let priority = DeliveryPriority(code: query.integer(0))
        pending[priority, state] -= 1
        if let entering { pending[priority, entering] += 1 }
        return true
    }

    /// Deletes a delivery in whatever state it is.
    private func remove(_ id: Int64) throws(SQLiteError) {
        guard try leave(id) else { return }
        try run(statements.deleteDelivery, id)
    }

    private func run(_ statement: Statement, _ id: Int64) throws(SQLiteError) {
        try statement.bind(1, id)
        try statement.run()
    }
}
