import POSIX
import SQLite

/// Retries or discards dead letters, in slices.
struct DeadLetterBatch {
    /// What is done with them.
    enum Verb: String {
        case retry, discard

        /// What the count of those that were changed is called.
        var done: String { self == .retry ? "retried" : "discarded" }
    }

    let desk: QueueAdmin
    let verb: Verb

    /// Does as much as one request may; says where the next one goes on.
    func run(_ change: AdminChange, _ send: QueueAdmin.Send) throws(AdminFault) -> AdminEnd {
        let end: AdminEnd
        switch change.selection {
        case .ids(let ids):
            end = try named(ids, change, send)
        case .all:
            end = try sweep(change, reason: nil)
        case .reason(let word):
            guard let reason = DeadLetterReason(rawValue: word) else {
                let words = DeadLetterReason.allCases.map(\.rawValue).joined(separator: ", ")
                throw AdminFault(.badArgument, "a dead letter's reason is one of \(words)")
            }
            end = try sweep(change, reason: reason)
        case .proven:
            throw AdminFault(.badArgument, "dead letters are not proven")
        }
        desk.note("dead letters", verb.rawValue, end, isDryRun: change.isDryRun)
        return end
    }

    /// Those that were named: one line for each.
    private func named(
        _ ids: [Int64], _ change: AdminChange, _ send: QueueAdmin.Send
    ) throws(AdminFault) -> AdminEnd {
        var counts: [String: Int] = [:]
        var left = ids[...]
        while !left.isEmpty {
            let done = try slice(Array(left.prefix(QueueAdmin.sliceRows)), change.isDryRun)
            for (id, isDone) in done {
                let result = isDone ? verb.done : "missing"
                counts[result, default: 0] += 1
                guard send(.outcome(AdminOutcome(id: id, result: result))) else {
                    return AdminEnd(counts: counts)
                }
            }
            left = left.dropFirst(done.count)
        }
        return AdminEnd(counts: counts)
    }

    /// All of them in the order of ids, until the request's time is over.
    private func sweep(
        _ change: AdminChange, reason: DeadLetterReason?
    ) throws(AdminFault) -> AdminEnd {
        if change.after >= RedisRowID.beforeFirst, let shared = desk.shared {
            return try SharedQueueAdmin(shared).sweep(verb, change, reason: reason)
        }
        let deadline = MonotonicClock.now() + QueueAdmin.requestNanoseconds
        var page = DeliveryListing.Page(
            afterID: change.after, throughID: change.through ?? 0, rowsMax: QueueAdmin.sliceRows,
            state: .deadLettered, reason: reason)
        if change.through == nil {
            page.throughID = try desk.slice(.reading) { store throws(SQLiteError) in
                try store.listing.lastID()
            }
        }
        var end = AdminEnd(counts: [verb.done: 0], through: page.throughID)
        var count = 0
        repeat {
            let answer: SliceEnd
            do {
                answer = try slice(page, change.isDryRun)
                if answer.isFull, answer.count == 0 { try desk.checkRoom(for: 1) }
            } catch {
                // What was done is told first; the next request meets the fault again.
                guard count > 0 else { throw error }
                break
            }
            count += answer.count
            end.counts[verb.done] = count
            page.afterID = answer.lastID
            if answer.isAtEnd {
                guard desk.shared != nil else { return end }
                // The next request begins with those in Redis.
                end.next = RedisRowID.beforeFirst
                end.through = nil
                return end
            }
        } while MonotonicClock.now() < deadline
        end.next = page.afterID
        return end
    }

    /// How far a slice came.
    private struct SliceEnd: Sendable {
        var count = 0
        var lastID: Int64
        var isAtEnd = false
        /// The queue had no room for more.
        var isFull = false
    }

    /// Changes the rows of a page, the first ones, as far as a slice's time and the queue's bound
    /// allow.
    private func slice(
        _ page: DeliveryListing.Page, _ isDryRun: Bool
    ) throws(AdminFault) -> SliceEnd {
        let owedMax = verb == .retry ? Int64(desk.group.options.owedMax) : .max
        return try desk.slice(isDryRun ? .reading : .writing) { [verb] store throws(SQLiteError) in
            let end = MonotonicClock.now() + QueueAdmin.sliceNanoseconds
            let now = store.clock.nowMilliseconds
            let found = try store.listing.ids(page)
            var done = SliceEnd(lastID: page.afterID)
            if !isDryRun {
                for id in found.rows {
                    done.isFull = store.rows.counts.owed + Int64(done.count) >= owedMax
                    if done.isFull || done.count > 0 && MonotonicClock.now() >= end { return done }
                    _ = try Self.apply(verb, id, store, now)
                    done.count += 1
                    done.lastID = id
                }
            }
            return SliceEnd(
                count: found.rows.count, lastID: found.lastID, isAtEnd: found.isAtEnd)
        }
    }

    /// Changes some rows, the first ones, as far as a slice's time allows.
    private func slice(
        _ ids: [Int64], _ isDryRun: Bool
    ) throws(AdminFault) -> [(id: Int64, isDone: Bool)] {
        if let id = ids.first.flatMap({ RedisRowID($0) }) { return [try shared(id, isDryRun)] }
        let ids = Array(ids.prefix { RedisRowID($0) == nil })
        if verb == .retry, !isDryRun { try desk.checkRoom(for: ids.count) }
        return try desk.slice(isDryRun ? .reading : .writing) { [verb] store throws(SQLiteError) in
            let end = MonotonicClock.now() + QueueAdmin.sliceNanoseconds
            let now = store.clock.nowMilliseconds
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

    /// Changes one dead letter in Redis.
    private func shared(
        _ id: RedisRowID, _ isDryRun: Bool
    ) throws(AdminFault) -> (id: Int64, isDone: Bool) {
        guard let shared = desk.shared else { return (id.number, false) }
        let desk = SharedQueueAdmin(shared)
        return (id.number, try isDryRun ? desk.isDeadLetter(id) : desk.apply(verb, id))
    }

    private static func apply(
        _ verb: Verb, _ id: Int64, _ store: DeliveryStore, _ now: Int64
    ) throws(SQLiteError) -> Bool {
        switch verb {
        case .retry: try store.rows.revive(id, nowMilliseconds: now)
        case .discard: try store.rows.discardDeadLetter(id)
        }
    }
}

extension QueueAdmin {
    /// Refuses what the queue has no room for.
    func checkRoom(for count: Int) throws(AdminFault) {
        guard group.status.owed + Int64(count) <= Int64(group.options.owedMax) else {
            throw AdminFault(
                .queueFull,
                "the queue is full: --queue-rows-max is \(group.options.owedMax)")
        }
    }

    /// Writes one log line about a change.
    func note(
        _ what: String, _ verb: String, _ end: AdminEnd, isDryRun: Bool,
        level: LogLevel = .info
    ) {
        guard !isDryRun, end.counts.values.contains(where: { $0 > 0 }) else { return }
        var line = LogLine(level, "changed by command").with("what", what).with("verb", verb)
        let counts = end.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        line = line.with("result", counts.joined(separator: ", "))
        log.write(line)
    }
}
