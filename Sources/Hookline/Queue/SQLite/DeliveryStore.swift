import SQLite

/// The queue in SQLite: one verb a state change, each inside the caller's transaction.
///
/// Confined to the store thread, which owns the only connection that writes or checkpoints:
/// SQLite 3.7.0 to 3.51.2 can corrupt a write-ahead log that two connections write and
/// checkpoint at once (https://sqlite.org/wal.html#walresetbug).
final class DeliveryStore {
    /// The deliveries themselves.
    let rows: DeliveryRows
    /// Requests that are stored unverified.
    let unverified: UnverifiedRows
    let connection: Connection
    private let statements: StoreStatements
    private let clockTable: ClockTable
    private let claimed: ClaimedRange
    let identities: SeenIdentities
    /// What `synchronous` is without a relaxation, and whether it is relaxed now.
    private let durability: String
    private var isRelaxed = false
    /// The requests that were refused and are kept.
    let quarantine: QuarantineTable
    /// What destinations are called.
    let names: DestinationTable
    /// Replies that are owed to customers.
    let outbound: OutboundRows
    /// Looks at deliveries without changing them.
    let listing: DeliveryListing
    /// The time that all of it is counted by.
    let clock: StoreClock
    /// To whom webhooks can be owed.
    let destinations: DestinationList
    /// Rows whose checksum did not match.
    let corrupt = CorruptRows()
    /// What is copied from a damaged database.
    var salvage: SalvageRows { SalvageRows(connection, clock, destinations) }

    /// Opens the database, creates or checks its schema and recovers what a dead process held.
    init(
        path: String, unverifiedMax: UnverifiedRows.Size = UnverifiedRows.Size(),
        repeatMilliseconds: Int64 = 120_000, identityBytesMax: Int = 256 << 20,
        synchronousOff: Bool = false, clock: StoreClock = StoreClock(),
        destinations: DestinationList = .standard
    ) throws(StoreError) {
        self.clock = clock
        self.destinations = destinations
        let opened = try StoreFile.open(path)
        connection = opened
        do {
            durability = synchronousOff ? "OFF" : "FULL"
            try StoreFile.setSynchronous(durability, on: opened)
            statements = try StoreStatements(opened)
            identities = try SeenIdentities(
                opened, filterBytesMax: identityBytesMax, repeatMilliseconds: repeatMilliseconds,
                rowsMax: destinations.count)
            claimed = try ClaimedRange(opened, lastID: identities.nextID - 1)
            unverified = try UnverifiedRows(opened, sizeMax: unverifiedMax, corrupt: corrupt)
            quarantine = try QuarantineTable(opened, corrupt: corrupt)
            clockTable = try ClockTable(opened, clock)
            outbound = try OutboundRows(opened)
            rows = try DeliveryRows(
                opened, statements, clock, corrupt: corrupt, destinations: destinations)
            names = try DestinationTable(opened, destinations, rows.counts)
            listing = try DeliveryListing(
                opened, claimed, clock, corrupt: corrupt, names: names)
        } catch {
            throw .sqlite(error)
        }
    }

    /// Begins a transaction that writes.
    ///
    /// One that is not durable commits without waiting for the disk: a power cut may undo it
    /// until the next one that is, which syncs the same log. It is for what nobody was promised.
    func begin(isDurable: Bool = true) throws(SQLiteError) {
        rows.begin()
        outbound.begin()
        identities.begin()
        claimed.begin()
        unverified.begin()
        if isRelaxed == isDurable {
            // With NORMAL a commit is written to the log and not synced
            // (https://sqlite.org/pragma.html#pragma_synchronous).
            let mode = isDurable || durability == "OFF" ? durability : "NORMAL"
            try connection.execute("PRAGMA synchronous=\(mode)")
            isRelaxed = !isDurable
        }
        try statements.begin.run()
    }

    /// Ends the transaction; when it returns, everything in it is on the disk.
    func commit() throws(SQLiteError) {
        try clockTable.noteIfDue()
        try statements.commit.run()
        clockTable.committed()
        rows.committed()
        outbound.committed()
        identities.committed()
        claimed.committed()
        unverified.committed()
        quarantine.committed()
    }

    /// Ends the transaction without effect; after some errors SQLite has already done so.
    func rollBack() {
        identities.rolledBack()
        corrupt.rolledBack()
        if connection.isInTransaction {
            // A ROLLBACK that fails leaves nothing to do: the next BEGIN reports it.
            try? connection.execute("ROLLBACK")
        }
        quarantine.rolledBack()
        clockTable.rolledBack()
    }

    /// Since when the oldest reply is owed; nil when none is, or the database does not say.
    var oldestReplyMilliseconds: Int64? {
        guard outbound.counts.owed > 0 else { return nil }
        // A gauge that cannot be read is absent.
        return try? outbound.oldestMilliseconds()
    }

    /// Adds a webhook unless its identity was seen; returns its id, or nil for a duplicate.
    func append(_ webhook: Webhook, at time: Int64? = nil) throws(SQLiteError) -> Int64? {
        try append([(webhook, .none)], at: time)[0]
    }

    /// Adds webhooks but those whose identity was seen, a row for each destination; returns the
    /// last row's id of each, nil for a duplicate. What is `running` is claimed in the same step.
    ///
    /// They are owed from `time` on, of the store's clock; without one, from their receipt.
    func append(
        _ webhooks: [(webhook: Webhook, running: DestinationSet)], at time: Int64? = nil
    ) throws(SQLiteError) -> [Int64?] {
        let ids = try identities.claim(
            webhooks.map { message($0.webhook, at: time) })
        var added: [NewDelivery] = []
        added.reserveCapacity(webhooks.count)
        for ((webhook, running), id) in zip(webhooks, ids) {
            guard let id else { continue }
            for number in webhook.destinations {
                added.append(
                    NewDelivery(
                        id: webhook.destinations.row(of: number, last: id), webhook: webhook,
                        place: DeliveryPlace(
                            destination: destinations.code(of: number), webhook.priority),
                        state: running.contains(number) ? .running : .available,
                        owedMilliseconds: time))
            }
        }
        try rows.insert(added)
        try claimed.added(upTo: identities.nextID - 1)
        return ids
    }

    /// Adds a webhook that was released, owed from now on, unless its identity was seen; returns
    /// its id, or nil for a duplicate.
    func release(_ webhook: Webhook, nowMilliseconds: Int64) throws(SQLiteError) -> Int64? {
        try append(webhook, at: nowMilliseconds)
    }

    /// Keeps a corrupt request that was never verified as a dead letter, for a person to look at:
    /// it can be discarded and never retried. Its fingerprint is the identity that it takes.
    func bury(
        _ remains: UnverifiedRows.Remains, receivedMilliseconds: Int64
    ) throws(SQLiteError) {
        let message = SeenMessage(
            identity: Identity(stored: remains.fingerprint),
            seenMilliseconds: receivedMilliseconds)
        guard let id = try identities.claim([message])[0] else { return }
        try rows.bury(remains, id: id, receivedMilliseconds: receivedMilliseconds)
    }

    /// True when a webhook repeats one that was seen.
    func isSeen(_ webhook: Webhook) throws(SQLiteError) -> Bool {
        try identities.find(message(webhook, at: clock.nowMilliseconds)) != nil
    }

    /// A webhook was seen when it was received, and not after `time`, by the store's clock.
    private func message(_ webhook: Webhook, at time: Int64?) -> SeenMessage {
        SeenMessage(
            webhook,
            at: time.map { min($0, clock.storeMilliseconds(at: webhook.receivedMilliseconds)) })
    }

    /// From now on identities that were seen before `milliseconds` are to be forgotten, but never
    /// one whose delivery still exists; with `again` also those that were kept for one so far.
    func forgetIdentities(before milliseconds: Int64, again: Bool = false) {
        identities.forget(before: milliseconds, again: again)
    }

    /// True while identities may be there that are to be forgotten.
    var forgetsIdentities: Bool { identities.isPruningDue }

    /// What the table of identities needs besides what is asked of it; part of every transaction.
    func keepUpIdentities() throws(SQLiteError) { try identities.keepUp() }

    /// The same while nothing else is written: about `count` identities are forgotten. False when
    /// that changed nothing in the file.
    func tidyIdentities(count: Int) throws(SQLiteError) -> Bool {
        try identities.tidy(count: count)
    }

    /// Notes that every destination has a message whose commit is unknown or failed: its identity
    /// is claimed and its deliveries, should there be any, are complete.
    ///
    /// It was seen at its receipt, by the store's clock: by that, and not by the time of this call,
    /// an event that may happen again is told from the next one.
    func settle(_ message: SeenMessage) throws(SQLiteError) {
        if let id = try identities.find(message) {
            return try rows.removeAll(
                of: message.identity, through: id, rowsMax: destinations.count)
        }
        _ = try identities.claim([message])
    }

    /// Notes the time now, so that a transaction has something to write.
    func noteTime() throws(SQLiteError) { try clockTable.noteNow() }

    /// Moves the write-ahead log into the database; returns the frames left in it.
    func checkpoint(truncating: Bool) throws(SQLiteError) -> Int {
        try connection.checkpoint(truncating: truncating)
    }

    /// Pages that were read from the file since it was opened: the measure of what a start, or a
    /// look at the queue, costs.
    var pagesRead: Int { connection.pagesRead }

    /// Frames in the write-ahead log as of the last commit, each a page and 24 bytes.
    var logFrames: Int { connection.logFrames }

    /// Keeps the log as it is when the connection closes: after a failed fsync it must not be
    /// checkpointed by this process.
    func keepLogOnClose() { connection.keepLogOnClose() }

}
