import POSIX
import SQLite

extension SQLiteQueue: DeliveryQueue {
    var name: StoreName { .sqlite }

    var numbers: ClosedRange<Int64> { 1...RedisRowID.beforeFirst }

    var figures: QueueFigures? {
        guard let counts = status.counts else { return nil }
        var figures = QueueFigures()
        for priority in DeliveryPriority.allCases {
            figures.deadLetters += counts[priority, .deadLettered]
            figures.rows[priority] = QueueFigures.Row(
                available: counts[priority, .available], running: counts[priority, .running],
                retryable: counts[priority, .retryable],
                deadLettered: counts[priority, .deadLettered],
                oldestMilliseconds: status.oldestMilliseconds(priority))
        }
        return figures
    }

    func settle(_ webhook: Webhook) { settle(webhook.identity) }

    func list(_ page: DeliveryPage) throws(QueueFault) -> DeliveryPage.Answer<DeliveryRow> {
        try slice(.reading) { store throws(SQLiteError) in try store.listing.page(page) }
    }

    func show(_ id: Int64) throws(QueueFault) -> (row: DeliveryRow, webhook: Webhook?)? {
        try slice(.reading) { store throws(SQLiteError) in try store.listing.delivery(id) }
    }

    func change(
        _ verb: DeskVerb, _ ids: [Int64], isDryRun: Bool
    ) throws(QueueFault) -> [(id: Int64, isDone: Bool)] {
        if verb == .retry, !isDryRun { try checkRoom(for: ids.count) }
        return try slice(isDryRun ? .reading : .writing) { store throws(SQLiteError) in
            let end = MonotonicClock.now() + DeliveryPage.sliceNanoseconds
            let now = WallClock.nowMilliseconds()
            var done: [(id: Int64, isDone: Bool)] = []
            for id in ids where done.isEmpty || MonotonicClock.now() < end {
                let isDone =
                    isDryRun
                    ? try store.listing.isDeadLetter(id) : try Self.apply(verb, id, store, now)
                done.append((id, isDone))
            }
            return done
        }
    }

    func sweep(
        _ verb: DeskVerb, _ page: DeliveryPage, isDryRun: Bool
    ) throws(QueueFault) -> DeskSweep {
        let owedMax = verb == .retry ? Int64(options.owedMax) : .max
        let sweep = try slice(isDryRun ? .reading : .writing) { store throws(SQLiteError) in
            let end = MonotonicClock.now() + DeliveryPage.sliceNanoseconds
            let now = WallClock.nowMilliseconds()
            let found = try store.listing.ids(page)
            var done = DeskSweep(lastID: page.afterID)
            if !isDryRun {
                for id in found.rows {
                    done.isFull = store.rows.counts.owed + Int64(done.count) >= owedMax
                    if done.isFull || done.count > 0 && MonotonicClock.now() >= end { return done }
                    _ = try Self.apply(verb, id, store, now)
                    done.count += 1
                    done.lastID = id
                }
            }
            return DeskSweep(
                count: found.rows.count, lastID: found.lastID, isAtEnd: found.isAtEnd)
        }
        if sweep.isFull, sweep.count == 0 { try checkRoom(for: 1) }
        return sweep
    }

    func lastDeadLetter() throws(QueueFault) -> Int64 {
        try slice(.reading) { store throws(SQLiteError) in try store.listing.lastID() }
    }

    private static func apply(
        _ verb: DeskVerb, _ id: Int64, _ store: DeliveryStore, _ now: Int64
    ) throws(SQLiteError) -> Bool {
        switch verb {
        case .retry: try store.rows.revive(id, nowMilliseconds: now)
        case .discard: try store.rows.discardDeadLetter(id)
        }
    }

    /// Refuses what the queue has no room for.
    private func checkRoom(for count: Int) throws(QueueFault) {
        guard status.owed + Int64(count) <= Int64(options.owedMax) else {
            throw .full(owedMax: options.owedMax)
        }
    }

    private func slice<Value: Sendable>(
        _ access: StoreTasks.Access,
        _ body: @escaping @Sendable (DeliveryStore) throws(SQLiteError) -> Value
    ) throws(QueueFault) -> Value {
        do { return try perform(access, body) } catch { throw .store(error) }
    }
}
