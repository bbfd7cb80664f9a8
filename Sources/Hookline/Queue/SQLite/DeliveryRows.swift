import POSIX
import SQLite

/// The table of deliveries, and how many rows of each state and priority it has; every method but
/// those that begin and end a transaction is part of one. Confined to the store thread.
final class DeliveryRows {
    /// Rows by state and priority; true as of the last transaction that ended.
    var counts: DeliveryCounts
    /// What the transaction under way will have changed.
    var pending: DeliveryCounts
    private let connection: Connection
    let statements: StoreStatements
    let clock: StoreClock
    private let corrupt: CorruptRows
    private let attempts: AttemptStatements
    private let catchUp: DeliveryCatchUp
    private var claimsSinceNormal = 0

    init(
        _ connection: Connection, _ statements: StoreStatements, _ clock: StoreClock,
        corrupt: CorruptRows
    ) throws(SQLiteError) {
        self.clock = clock
        self.corrupt = corrupt
        self.connection = connection
        self.statements = statements
        attempts = try AttemptStatements(connection)
        catchUp = try DeliveryCatchUp(connection)
        counts = try DeliveryCounts(counting: connection)
        pending = counts
    }

    /// A transaction begins.
    func begin() {
        pending = counts
        catchUp.transactionBegins()
    }

    /// The transaction was committed.
    func committed() {
        counts = pending
        catchUp.transactionCommitted()
    }

    /// Adds deliveries, due at once.
    func insert(_ deliveries: [NewDelivery]) throws(SQLiteError) {
        try statements.insert(deliveries)
        for delivery in deliveries { pending[delivery.webhook.priority, delivery.state] += 1 }
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

    /// Lets everything that waits now be claimed in the order of receipt, whenever it is due.
    func bringForward(nowMilliseconds: Int64) throws(SQLiteError) {
        try catchUp.begin(nowMilliseconds: nowMilliseconds)
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

    /// Writes down what became of deliveries; one that is gone already changes nothing.
    ///
    /// What is complete is deleted last: nothing that became of it otherwise can bring it back.
    func apply(_ changes: [DeliveryChange]) throws(SQLiteError) {
        var complete: [(id: Int64, priority: DeliveryPriority)] = []
        for change in changes {
            if case .complete(let id, _, let priority) = change {
                complete.append((id, priority))
            } else {
                try apply(change)
            }
        }
        complete.sort { $0.id < $1.id }
        var first = 0
        for index in complete.indices {
            let (id, priority) = complete[index]
            let next = index + 1 < complete.count ? complete[index + 1] : nil
            if let next, next.id == id + 1, next.priority == priority { continue }
            try removeRunning(complete[first].id...id, priority)
            first = index + 1
        }
    }

    private func apply(_ change: DeliveryChange) throws(SQLiteError) {
        switch change {
        case .complete(let id, _, let priority): try removeRunning(id...id, priority)
        case .retry(let id, let due, let failure):
            try move(id, to: .retryable, due: due, reason: nil, failure)
        case .deadLetter(let id, let reason, let failure):
            try bury(id, reason, failure)
        case .hold(let id):
            try move(id, to: .running, due: 0, reason: nil)
        case .release(let id):
            try move(id, to: .available, due: 0, reason: nil)
        case .unclaim(let id):
            guard let priority = try attempts.unclaim(id) else { return }
            pending[priority, .running] -= 1
            pending[priority, .available] += 1
        }
    }

    /// Makes a delivery owed from now on.
    func owe(_ id: Int64, nowMilliseconds: Int64) throws(SQLiteError) {
        try statements.owe.bind(2, nowMilliseconds)
        try run(statements.owe, id)
    }

    /// Owes a dead letter anew: no attempts, a whole retry window; nothing when it is none.
    func revive(_ id: Int64, nowMilliseconds: Int64) throws(SQLiteError) {
        let revive = statements.revive
        try revive.bind(1, id)
        try revive.bind(2, nowMilliseconds)
        defer { revive.reset() }
        guard try revive.step() else { return }
        let priority = DeliveryPriority(code: revive.integer(0))
        pending[priority, .deadLettered] -= 1
        pending[priority, .available] += 1
    }

    /// Deletes dead letters that were given up before `milliseconds`, the oldest ones, at most
    /// `rowsMax`; without a moment any, also those of which nobody knows when that was. Returns
    /// how many. Their identities stay seen.
    func dropDeadLetters(before milliseconds: Int64?, rowsMax: Int) throws(SQLiteError) -> Int {
        let drop = statements.dropDead
        try drop.bind(1, Int64(milliseconds == nil ? -1 : 0))
        try drop.bind(2, milliseconds ?? .max)
        try drop.bind(3, Int64(rowsMax))
        defer { drop.reset() }
        var count = 0
        while try drop.step() {
            pending[DeliveryPriority(code: drop.integer(0)), .deadLettered] -= 1
            count += 1
        }
        return count
    }

    /// Makes a delivery that waits due at once; its attempts stay.
    func hasten(_ id: Int64, nowMilliseconds: Int64) throws(SQLiteError) {
        try move(id, to: .available, due: nowMilliseconds, reason: nil)
    }

    /// The state of a delivery; nil when there is none.
    func state(of id: Int64) throws(SQLiteError) -> DeliveryState? {
        let query = statements.stateOf
        try query.bind(1, id)
        defer { query.reset() }
        return try query.step() ? DeliveryState(code: query.integer(1)) : nil
    }

    /// When the oldest message that waits for an attempt was received.
    func oldestReceivedMilliseconds(_ priority: DeliveryPriority) throws(SQLiteError) -> Int64? {
        var oldest: (id: Int64, received: Int64)?
        for state in [DeliveryState.available, .retryable] {
            let query = statements.oldest
            try query.bind(1, priority.code)
            try query.bind(2, state.code)
            defer { query.reset() }
            guard try query.step(), query.integer(0) < oldest?.id ?? .max else { continue }
            oldest = (query.integer(0), query.integer(1))
        }
        return oldest?.received
    }

    private func claimOne(
        _ priority: DeliveryPriority, _ now: Int64
    ) throws(SQLiteError) -> Delivery? {
        while true {
            guard let query = try next(priority, now) else { return nil }
            let id = query.integer(0)
            let state = DeliveryState(code: query.integer(2)) ?? .available
            let read = Result { () throws(UnreadableRow) in
                try statements.delivery(from: query, priority: priority)
            }
            query.reset()
            let delivery: Delivery
            switch read {
            case .success(let whole): delivery = whole
            case .failure(let row):
                try giveUp(id, row.reason)
                continue
            }
            try run(statements.markRunning, id)
            pending[priority, state] -= 1
            pending[priority, .running] += 1
            return delivery
        }
    }

    private func giveUp(_ id: Int64, _ reason: DeadLetterReason) throws(SQLiteError) {
        if reason == .corrupt { corrupt.note(.delivery, id) }
        try bury(id, reason)
    }

    /// Gives a delivery up; its `due_ms` is from now on when that was.
    private func bury(
        _ id: Int64, _ reason: DeadLetterReason, _ failure: AttemptFailure? = nil
    ) throws(SQLiteError) {
        let now = clock.nowMilliseconds
        try move(id, to: .deadLettered, due: now, reason: reason.rawValue, failure)
    }

    /// A query that stands on the row that is brought forward next, or is due first; nil when none
    /// is.
    private func next(
        _ priority: DeliveryPriority, _ now: Int64
    ) throws(SQLiteError) -> Statement? {
        if let query = try catchUp.next(priority) { return query }
        let query = statements.selectDue
        try query.bind(1, priority.code)
        try query.bind(2, now)
        if try query.step() { return query }
        query.reset()
        return nil
    }

    private func move(
        _ id: Int64, to state: DeliveryState, due: Int64, reason: String?,
        _ failure: AttemptFailure? = nil
    ) throws(SQLiteError) {
        guard try leave(id, entering: state) else { return }
        if let failure {
            return try attempts.move(id, to: state, due: due, reason: reason, failure)
        }
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

    /// Deletes deliveries of one priority, which are running but for a few.
    private func removeRunning(
        _ ids: ClosedRange<Int64>, _ priority: DeliveryPriority
    ) throws(SQLiteError) {
        let delete = statements.deleteRunning
        try delete.bind(1, ids.lowerBound)
        try delete.bind(2, ids.upperBound)
        try delete.run()
        let removed = connection.changes
        pending[priority, .running] -= Int64(removed)
        if removed < ids.count { for id in ids { try remove(id) } }
    }

    /// Deletes a delivery in whatever state it is.
    func remove(_ id: Int64) throws(SQLiteError) {
        guard try leave(id) else { return }
        try run(statements.deleteDelivery, id)
    }

    private func run(_ statement: Statement, _ id: Int64) throws(SQLiteError) {
        try statement.bind(1, id)
        try statement.run()
    }
}
