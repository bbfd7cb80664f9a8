import SQLite

/// Which messages were seen: an append-only table, an index on the disk over its older
/// rows, and a dictionary in memory over its newer ones. Confined to the store thread.
///
/// Identities are digests, so an index that grows with each message is hit at random: nearly
/// every insertion writes a page of its own (measured: three of four pages of a commit). Here a
/// message appends a row, and once `recentMax` rows have gathered they enter the index in the
/// order of its keys, so that neighbours share a page. A crash between loses nothing: rows above
/// the mark are read back into memory at start, and entering a key twice changes nothing. Most
/// messages are new, and a filter in memory says so without a look at the index, which would read
/// a page that nothing else needs.
final class SeenIdentities {
    /// Rows on their way into the index, in the order of its keys.
    private struct Entering {
        let rows: [(key: Identity, id: Int64)]
        let lastID: Int64
        /// How many have entered, as of the last transaction that ended.
        var entered = 0
    }

    /// The number of the next message; numbers rise and are never used again.
    private(set) var nextID: Int64 = 1

    private let recentMax: Int
    private let sliceMax: Int
    private let repeatMilliseconds: Int64
    private let statements: IdentityStatements
    private var filter: IndexFilter
    /// How often the index was looked at.
    private(set) var indexReads = 0
    private var recent = DigestMap<Identity, Int64>()
    private var entering: Entering?
    /// Rows up to this number are in the index, as of the last transaction that ended.
    private var indexedID: Int64 = 0
    private let pruning: IdentityPruning
    /// What was seen before this, in milliseconds since the epoch, is to be forgotten.
    private var forgetBefore: Int64 = .min
    /// Rows that are not in the index were looked at up to this one.
    private var recentAfterID: Int64 = 0
    /// True while there may be something to forget.
    private(set) var isPruningDue = false

    // What the transaction under way will have changed.
    private var added: [(key: Identity, before: Int64?, rows: Int)] = []
    private var forgotten: [(key: Identity, id: Int64)] = []
    private var enteredNow = 0

    /// Reads the rows that are not in the index yet; at most about `recentMax`.
    ///
    /// At 131,072 rows the map takes 8 MiB; a slice is what one transaction may
    /// move on top of its own work.
    init(
        _ connection: Connection, recentMax: Int = 131_072, sliceMax: Int = 1024,
        filterCapacity: Int = 262_144, filterBytesMax: Int = 256 << 20,
        repeatMilliseconds: Int64 = 120_000, rowsMax: Int = 1
    ) throws(SQLiteError) {
        self.repeatMilliseconds = repeatMilliseconds
        self.recentMax = recentMax
        self.sliceMax = sliceMax
        let statements = try IdentityStatements(connection, rowsMax: rowsMax)
        self.statements = statements
        pruning = IdentityPruning(statements)
        if try statements.mark.step() { indexedID = statements.mark.integer(0) }
        statements.mark.reset()
        let rows = statements.unindexed
        while try rows.step() {
            recent.update(Identity(stored: rows.bytes(1)), rows.integer(0))
        }
        rows.reset()
        let last = statements.lastID
        if try last.step() { nextID = last.integer(0) + 1 }
        last.reset()
        // Ids rise by one, and pruning takes the oldest: what lies between is about the count.
        let range = statements.indexedRange
        _ = try range.step()
        filter = IndexFilter(
            capacity: filterCapacity, indexed: max(0, Int(clamping: range.integer(0))),
            bytesMax: filterBytesMax)
        range.reset()
    }

    /// No message gets a number up to `id` any more; before the first transaction.
    func raise(above id: Int64) { nextID = max(nextID, id + 1) }

    /// An older row was added beside this table's ids, in a transaction that was committed.
    func restored(_ key: Identity, id: Int64) {
        if recent[key] == nil { recent.update(key, id) }
    }

    /// A transaction begins.
    func begin() {
        added.removeAll(keepingCapacity: true)
        forgotten.removeAll(keepingCapacity: true)
        enteredNow = 0
        pruning.begin()
    }

    /// The transaction was committed.
    func committed() {
        for (key, id) in forgotten where recent[key] == id { recent.remove(key) }
        pruning.committed()
        filter.indexed(leaving: pruning.left)
        guard enteredNow > 0, var entering else { return }
        entering.entered += enteredNow
        self.entering = entering
        guard entering.entered == entering.rows.count else { return }
        for (key, id) in entering.rows where recent[key] == id { recent.remove(key) }
        indexedID = entering.lastID
        self.entering = nil
    }

    /// The transaction was rolled back.
    func rolledBack() {
        for (key, before, rows) in added.reversed() {
            if let before { recent.update(key, before) } else { recent.remove(key) }
            nextID -= Int64(rows)
        }
        begin()
    }

    /// The number of the message with this identity, nil when it was not seen.
    func find(_ identity: Identity) throws(SQLiteError) -> Int64? {
        if let id = recent[identity] { return id }
        guard filter.mayHold(identity) else { return nil }
        indexReads += 1
        let find = statements.find
        let digits = identity.digits
        try find.bind(1, digits.span)
        defer { find.reset() }
        return try find.step() ? find.integer(0) : nil
    }

    /// The number of the message that this one repeats, nil when it repeats none.
    func find(_ message: SeenMessage) throws(SQLiteError) -> Int64? {
        guard let id = try find(message.identity) else { return nil }
        guard !message.isNamed else { return id }
        let seen = statements.seen
        try seen.bind(1, id)
        defer { seen.reset() }
        guard try seen.step() else { return nil }
        return isRepeat(message, seen.integer(0)) ? id : nil
    }

    private func isRepeat(_ message: SeenMessage, _ seenMilliseconds: Int64) -> Bool {
        message.isNamed
            || abs(message.seenMilliseconds - seenMilliseconds) <= repeatMilliseconds
    }

    /// Takes numbers for messages; returns the last one of each, nil for one that was seen before.
    func claim(_ messages: [SeenMessage]) throws(SQLiteError) -> [Int64?] {
        var ids: [Int64?] = []
        ids.reserveCapacity(messages.count)
        var new: [(index: Int, id: Int64)] = []
        for (index, message) in messages.enumerated() {
            guard try !isSeen(message, among: messages, new) else {
                ids.append(nil)
                continue
            }
            let id = nextID + Int64(message.rows) - 1
            let before = recent.update(message.identity, id)
            added.append((message.identity, before, message.rows))
            new.append((index, id))
            ids.append(id)
            nextID = id + 1
        }
        try statements.insert.run(new.count) { (row, insert, parameter) throws(SQLiteError) in
            let message = messages[new[row].index]
            let digits = message.identity.digits
            try insert.bind(parameter, new[row].id)
            try insert.bind(parameter + 1, digits.span)
            try insert.bind(parameter + 2, message.seenMilliseconds)
        }
        return ids
    }

    /// True when a message repeats one of the table, or one that this claim adds to it: `new` are
    /// the places of those among `messages`.
    private func isSeen(
        _ message: SeenMessage, among messages: [SeenMessage], _ new: [(index: Int, id: Int64)]
    ) throws(SQLiteError) -> Bool {
        if let id = recent[message.identity], id >= new.first?.id ?? .max,
            let same = new.first(where: { $0.id == id })
        {
            return isRepeat(message, messages[same.index].seenMilliseconds)
        }
        return try find(message) != nil
    }

    /// The work of every transaction besides its own: a slice of the recent rows moves into the
    /// index, if enough have gathered, and more old identities go than new ones came, if some are
    /// due.
    func keepUp() throws(SQLiteError) {
        try enterIndex()
        guard isPruningDue, !added.isEmpty else { return }
        _ = try prune(count: min(64 + 4 * added.count, 2 * sliceMax))
    }

    /// The same while nothing else is written, about `count` of each. False when that changed
    /// nothing in the file.
    func tidy(count: Int) throws(SQLiteError) -> Bool {
        try enterIndex()
        if isPruningDue { _ = try prune(count: count) }
        return enteredNow > 0 || !forgotten.isEmpty || pruning.hasWritten
    }

    private func enterIndex() throws(SQLiteError) {
        try fillFilter()
        if entering == nil, recent.count - added.count >= recentMax { startEntering() }
        guard let entering else { return }
        let slice = entering.rows[entering.entered...].prefix(sliceMax)
        for (key, id) in slice {
            let enter = statements.enter
            try enter.bind(1, key.bytes)
            try enter.bind(2, id)
            try enter.run()
            filter.add(key)
        }
        if entering.entered + slice.count == entering.rows.count {
            try statements.setMark.bind(1, entering.lastID)
            try statements.setMark.run()
        }
        enteredNow = slice.count
    }

    /// From now on what was seen before `milliseconds` is to be forgotten, but for what has a
    /// delivery. With `again` also what was kept for a delivery that may be gone by now.
    func forget(before milliseconds: Int64, again: Bool = false) {
        forgetBefore = milliseconds
        isPruningDue = true
        guard again else { return }
        pruning.lookAgain()
        recentAfterID = 0
    }

    /// Forgets a slice of what is due, about `count` of them; returns how many rows are gone.
    func prune(count: Int) throws(SQLiteError) -> Int {
        // The last number of all stays, so that numbers do not begin again.
        let lastID = nextID - 2
        if let gone = try pruning.slice(
            before: forgetBefore, through: min(indexedID, lastID), count: count)
        {
            return gone
        }
        // What enters the index at this moment can be forgotten once it is there.
        guard entering == nil else { return 0 }
        return try pruneRecent(through: lastID, count: count)
    }

    /// Forgets the oldest of those that are not in the index, among the next rows.
    private func pruneRecent(through lastID: Int64, count: Int) throws(SQLiteError) -> Int {
        let rows = statements.oldest
        var read = 0
        let after = max(indexedID, recentAfterID)
        try rows.bind(1, after)
        try rows.bind(2, lastID)
        try rows.bind(3, Int64(count))
        while try rows.step(), rows.integer(2) < forgetBefore {
            read += 1
            // Also when it is rolled back: what is passed over then has its turn when all of them
            // are looked at again.
            recentAfterID = rows.integer(0)
            guard rows.integer(3) == 0 else { continue }
            forgotten.append((Identity(stored: rows.bytes(1)), rows.integer(0)))
        }
        rows.reset()
        for (_, id) in forgotten {
            try statements.delete.bind(1, id)
            try statements.delete.run()
        }
        isPruningDue = read == count
        return forgotten.count
    }

    /// Reads a slice of the index into its filter, while that is not whole; a larger one than
    /// what enters the index meanwhile.
    private func fillFilter() throws(SQLiteError) {
        guard filter.isFilling else { return }
        let max = 2 * sliceMax
        var read: [Identity] = []
        let rows = statements.indexedAfter
        let position = filter.position.digits
        try rows.bind(1, position.span)
        try rows.bind(2, Int64(max))
        while try rows.step() { read.append(Identity(stored: rows.bytes(0))) }
        rows.reset()
        // A slice begins with the last key of the one before it.
        filter.read(read, isLast: read.count < max)
    }

    /// What is committed may enter; what the transaction under way added may yet be rolled back.
    private func startEntering() {
        let lastID = nextID - 1 - Int64(added.count)
        var rows: [(key: Identity, id: Int64)] = []
        rows.reserveCapacity(recent.count)
        recent.forEach { key, id in if id <= lastID { rows.append((key, id)) } }
        rows.sort { ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low) }
        entering = Entering(rows: rows, lastID: lastID)
    }
}
