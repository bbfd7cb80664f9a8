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
    private let destinations: DestinationList
    /// Media that was claimed since text was, by destination.
    private var claimsSinceNormal: [Int]

    init(
        _ connection: Connection, _ statements: StoreStatements, _ clock: StoreClock,
        corrupt: CorruptRows, destinations: DestinationList = .standard
    ) throws(SQLiteError) {
        self.destinations = destinations
        claimsSinceNormal = Array(repeating: 0, count: destinations.count)
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
        for delivery in deliveries { pending[delivery.place, delivery.state] += 1 }
    }

    /// Takes up to `count` deliveries that are due to a destination: media first, but every fourth
    /// place goes to text when there is any, so that text never starves.
    func claim(
        _ count: Int, nowMilliseconds: Int64, for destination: DestinationNumber = .first
    ) throws(SQLiteError) -> [Delivery] {
        var claimed: [Delivery] = []
        var exhausted: Set<DeliveryPriority> = []
        while claimed.count < count && exhausted.count < DeliveryPriority.allCases.count {
            let turn: DeliveryPriority =
                claimsSinceNormal[destination.index] >= 3 ? .normal : .high
            let priority = exhausted.contains(turn) ? (turn == .high ? .normal : .high) : turn
            guard let delivery = try claimOne(priority, destination, nowMilliseconds) else {
                exhausted.insert(priority)
                continue
            }
            claimsSinceNormal[destination.index] =
                priority == .normal ? 0 : claimsSinceNormal[destination.index] + 1
            claimed.append(delivery)
        }
        return claimed
    }

    /// Lets everything that waits now for a destination be claimed in the order of receipt,
    /// whenever it is due.
    func bringForward(
        nowMilliseconds: Int64, for destination: DestinationNumber = .first
    ) throws(SQLiteError) {
        try catchUp.begin(
            of: destinations.code(of: destination), nowMilliseconds: nowMilliseconds)
    }

    /// When the next delivery to a destination is due: milliseconds since the epoch, nil when none
    /// waits.
    func nextDueMilliseconds(
        for destination: DestinationNumber = .first
    ) throws(SQLiteError) -> Int64? {
        var next: Int64?
        for priority in DeliveryPriority.allCases {
            let query = statements.firstDue
            let place = DeliveryPlace(destination: destinations.code(of: destination), priority)
            try query.bind(1, place.code)
            if try query.step() { next = min(next ?? .max, query.integer(0)) }
            query.reset()
        }
        return next
    }

    /// Writes down what became of deliveries; one that is gone already changes nothing.
    ///
    /// What is complete is deleted last: nothing that became of it otherwise can bring it back.
    func apply(_ changes: [DeliveryChange]) throws(SQLiteError) {
        var complete: [(id: Int64, place: DeliveryPlace)] = []
        for change in changes {
            if case .complete(let id, _, let priority, let destination) = change {
                complete.append((id, place(priority, destination)))
            } else {
                try apply(change)
            }
        }
        complete.sort { $0.id < $1.id }
        var first = 0
        for index in complete.indices {
            let (id, place) = complete[index]
            let next = index + 1 < complete.count ? complete[index + 1] : nil
            if let next, next.id == id + 1, next.place == place { continue }
            try removeRunning(complete[first].id...id, place)
            first = index + 1
        }
    }

    private func apply(_ change: DeliveryChange) throws(SQLiteError) {
        switch change {
        case .complete(let id, _, let priority, let destination):
            try removeRunning(id...id, place(priority, destination))
        case .retry(let id, let due, let failure, _):
            try move(id, to: .retryable, due: due, reason: nil, failure)
        case .deadLetter(let id, let reason, let failure, _):
            try bury(id, reason, failure)
        case .hold(let id):
            try move(id, to: .running, due: 0, reason: nil)
        case .release(let id):
            try move(id, to: .available, due: 0, reason: nil)
        // In a table of their own (`OutboundRows`).
        case .replies: break
        case .unclaim(let id):
            guard let place = try attempts.unclaim(id) else { return }
            pending[place, .running] -= 1
            pending[place, .available] += 1
        }
    }

    private func place(
        _ priority: DeliveryPriority, _ destination: DestinationNumber
    ) -> DeliveryPlace {
        DeliveryPlace(destination: destinations.code(of: destination), priority)
    }

    private func claimOne(
        _ priority: DeliveryPriority, _ destination: DestinationNumber, _ now: Int64
    ) throws(SQLiteError) -> Delivery? {
        let place = place(priority, destination)
        while true {
            guard let query = try next(place, now) else { return nil }
            let id = query.integer(0)
            let state = DeliveryState(code: query.integer(2)) ?? .available
            let read = Result { () throws(UnreadableRow) in
                try statements.delivery(from: query, at: place, for: destination)
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
            pending[place, state] -= 1
            pending[place, .running] += 1
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
        _ place: DeliveryPlace, _ now: Int64
    ) throws(SQLiteError) -> Statement? {
        if let query = try catchUp.next(place) { return query }
        let query = statements.selectDue
        try query.bind(1, place.code)
        try query.bind(2, now)
        if try query.step() { return query }
        query.reset()
        return nil
    }

    /// Moves a delivery to another state; one that is gone stays gone.
    func move(
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
        let place = DeliveryPlace(code: query.integer(0))
        pending[place, state] -= 1
        if let entering { pending[place, entering] += 1 }
        return true
    }

    /// Deletes deliveries of one place, which are running but for a few.
    private func removeRunning(
        _ ids: ClosedRange<Int64>, _ place: DeliveryPlace
    ) throws(SQLiteError) {
        let delete = statements.deleteRunning
        try delete.bind(1, ids.lowerBound)
        try delete.bind(2, ids.upperBound)
        try delete.run()
        let removed = connection.changes
        pending[place, .running] -= Int64(removed)
        if removed < ids.count { for id in ids { try remove(id) } }
    }

    /// Deletes a delivery in whatever state it is.
    func remove(_ id: Int64) throws(SQLiteError) {
        guard try leave(id) else { return }
        try run(statements.deleteDelivery, id)
    }

    /// Runs a statement whose first parameter is a delivery's number.
    func run(_ statement: Statement, _ id: Int64) throws(SQLiteError) {
        try statement.bind(1, id)
        try statement.run()
    }
}
