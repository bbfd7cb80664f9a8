import POSIX
import SQLite

extension SQLiteQueue: DeliveryQueue {
    var name: StoreName { .sqlite }

    var numbers: ClosedRange<Int64> { 1...RedisRowID.beforeFirst }

    var nowMilliseconds: Int64 { clock.nowMilliseconds }

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

    func settle(_ webhook: Webhook) { settle(SeenMessage(webhook).received(by: clock)) }

    func want(_ count: Int) { want(count, for: .first) }

    func bringForward() { bringForward(for: .first) }

    func list(_ page: DeliveryPage) throws(QueueFault) -> DeliveryPage.Answer<DeliveryRow> {
        try slice(.reading) { store throws(SQLiteError) in try store.listing.page(page) }
    }

    func show(_ id: Int64) throws(QueueFault) -> (row: DeliveryRow, webhook: Webhook?)? {
        try slice(.reading) { store throws(SQLiteError) in try store.listing.delivery(id) }
    }

    func change(
        _ verb: DeskVerb, _ ids: [Int64], _ mode: DeskMode
    ) throws(QueueFault) -> [(id: Int64, outcome: DeskOutcome)] {
        let owedMax = options.owedMax - mode.foretold
        return try slice(mode.isDryRun ? .reading : .writing) { store throws(SQLiteError) in
            let end = store.clock.monotonicNanoseconds + DeliveryPage.sliceNanoseconds
            var work = DeskSlice(store, verb, mode, owedMax: owedMax)
            var done: [(id: Int64, outcome: DeskOutcome)] = []
            for id in ids where done.isEmpty || store.clock.monotonicNanoseconds < end {
                done.append((id, try work.apply(id)))
            }
            return done
        }
    }

    func sweep(
        _ verb: DeskVerb, _ page: DeliveryPage, _ mode: DeskMode
    ) throws(QueueFault) -> DeskSweep {
        let owedMax = options.owedMax - mode.foretold
        let (sweep, isFull) = try slice(mode.isDryRun ? .reading : .writing) {
            store throws(SQLiteError) in
            let end = store.clock.monotonicNanoseconds + DeliveryPage.sliceNanoseconds
            var work = DeskSlice(store, verb, mode, owedMax: owedMax)
            let found = try store.listing.ids(page)
            var done = DeskSweep(lastID: page.afterID)
            for id in found.rows {
                if !mode.isDryRun, done.count + done.corrupt > 0,
                    store.clock.monotonicNanoseconds >= end
                {
                    return (done, false)
                }
                let outcome = try work.apply(id)
                if outcome == .full { return (done, true) }
                if outcome == .corrupt { done.corrupt += 1 } else { done.count += 1 }
                done.lastID = id
            }
            done.lastID = found.lastID
            done.isAtEnd = found.isAtEnd
            return (done, false)
        }
        if isFull, sweep.count + sweep.corrupt == 0 { throw .full(owedMax: options.owedMax) }
        return sweep
    }

    func lastDeadLetter() throws(QueueFault) -> Int64 {
        try slice(.reading) { store throws(SQLiteError) in try store.listing.lastID() }
    }

    private func slice<Value: Sendable>(
        _ access: StoreTasks.Access,
        _ body: @escaping @Sendable (DeliveryStore) throws(SQLiteError) -> Value
    ) throws(QueueFault) -> Value {
        do { return try perform(access, body) } catch { throw .store(error) }
    }
}

/// What one slice of a command's work does with deliveries, and how much room there is left for
/// it. Confined to the store thread, inside one transaction.
private struct DeskSlice {
    private let store: DeliveryStore
    private let verb: DeskVerb
    private let isDryRun: Bool
    private let now: Int64
    private var room: Int64

    init(_ store: DeliveryStore, _ verb: DeskVerb, _ mode: DeskMode, owedMax: Int) {
        self.store = store
        self.verb = verb
        isDryRun = mode.isDryRun
        now = store.clock.nowMilliseconds
        room = Int64(owedMax) - store.rows.counts.owed
    }

    mutating func apply(_ id: Int64) throws(SQLiteError) -> DeskOutcome {
        guard let state = try store.rows.state(of: id) else { return .missing }
        switch (verb, state) {
        case (_, .running):
            return .running
        case (.discard, _):
            if !isDryRun { try store.rows.remove(id) }
        case (.retry, .deadLettered):
            if try store.listing.isCorrupt(id) { return .corrupt }
            guard room > 0 else { return .full }
            room -= 1
            if !isDryRun { try store.rows.revive(id, nowMilliseconds: now) }
            return .done(isNewlyOwed: true)
        case (.retry, _):
            if !isDryRun { try store.rows.hasten(id, nowMilliseconds: now) }
        }
        return .done(isNewlyOwed: false)
    }
}
