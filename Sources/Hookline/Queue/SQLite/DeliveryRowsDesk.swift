import SQLite

/// What commands, and the store's own upkeep, do with deliveries.
extension DeliveryRows {
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
        let place = DeliveryPlace(code: revive.integer(0))
        pending[place, .deadLettered] -= 1
        pending[place, .available] += 1
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
            pending[DeliveryPlace(code: drop.integer(0)), .deadLettered] -= 1
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
        for destination in counts.destinations {
            for state in [DeliveryState.available, .retryable] {
                let query = statements.oldest
                try query.bind(1, DeliveryPlace(destination: destination, priority).code)
                try query.bind(2, state.code)
                defer { query.reset() }
                guard try query.step(), query.integer(0) < oldest?.id ?? .max else { continue }
                oldest = (query.integer(0), query.integer(1))
            }
        }
        return oldest?.received
    }

    /// Deletes what is left of a message's deliveries, of which there were `rowsMax` at most and
    /// the last has this number.
    func removeAll(
        of identity: Identity, through last: Int64, rowsMax: Int
    ) throws(SQLiteError) {
        guard rowsMax > 1 else { return try remove(last) }
        let query = statements.rowsOfMessage
        try query.bind(1, last - Int64(rowsMax) + 1)
        try query.bind(2, last)
        let digits = identity.digits
        try query.bind(3, digits.span)
        var ids: [Int64] = []
        while try query.step() { ids.append(query.integer(0)) }
        query.reset()
        for id in ids { try remove(id) }
    }
}
