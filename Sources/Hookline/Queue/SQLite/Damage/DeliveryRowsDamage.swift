import SQLite

extension DeliveryRows {
    /// A row was added by a salvage, in a transaction that was committed.
    func restored(_ place: DeliveryPlace, _ state: DeliveryState) {
        counts[place, state] += 1
    }

    /// Adds a corrupt request as a dead letter that no checksum will ever match.
    func bury(
        _ remains: UnverifiedRows.Remains, id: Int64, receivedMilliseconds: Int64
    ) throws(SQLiteError) {
        let bury = statements.bury
        try bury.bind(1, id)
        let place = DeliveryPlace(.normal)
        try bury.bind(2, place.code)
        try bury.bind(3, DeadLetterReason.corrupt.rawValue)
        try bury.bind(4, WebhookKind.other.code)
        try bury.bind(5, receivedMilliseconds)
        try bury.bind(6, remains.fingerprint)
        try bury.bind(7, remains.head)
        try bury.bind(8, remains.body)
        try bury.bind(9, RowChecksum.never)
        try bury.bind(10, clock.nowMilliseconds)
        try bury.run()
        pending[place, .deadLettered] += 1
    }
}
