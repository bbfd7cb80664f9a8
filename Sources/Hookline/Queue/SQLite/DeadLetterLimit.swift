import POSIX
import SQLite

/// Deletes dead letters that are too old or too many, in slices. Confined to the store thread.
final class DeadLetterLimit {
    private static let sliceRows = 256

    private let store: DeliveryStore
    private let group: SQLiteQueue
    /// True while there may be some to delete.
    private(set) var isDue = false

    init(store: DeliveryStore, group: SQLiteQueue) {
        self.store = store
        self.group = group
    }

    /// It is time to look.
    func look() { isDue = true }

    /// Deletes some; inside the caller's transaction. Returns how many, by reason.
    func slice() throws(SQLiteError) -> [DeadLetterDrop: Int] {
        guard isDue else { return [:] }
        let limits = group.options.deadLetters
        var count = 0
        for priority in DeliveryPriority.allCases {
            count += Int(store.rows.counts[priority, .deadLettered])
        }
        let tooMany = min(Self.sliceRows, max(0, count - limits.rowsMax))
        var dropped: [DeadLetterDrop: Int] = [:]
        if tooMany > 0 {
            dropped[.count] = try store.rows.dropDeadLetters(before: nil, rowsMax: tooMany)
        }
        let limit = store.clock.nowMilliseconds - limits.retentionMilliseconds
        let old = try store.rows.dropDeadLetters(before: limit, rowsMax: Self.sliceRows - tooMany)
        if old > 0 { dropped[.age] = old }
        isDue = old + tooMany == Self.sliceRows
        return dropped
    }

    /// The transaction was committed.
    func committed(_ dropped: [DeadLetterDrop: Int]) {
        guard !dropped.isEmpty else { return }
        group.publishStatus(of: store)
        group.callbacks.dropped(dropped)
    }
}
