import POSIX
import SQLite

/// Retries or discards dead letters, in slices.
struct DeadLetterWork {
    /// What is done with them.
    enum Verb: String {
        case retry, discard

        /// What the count of those that were changed is called.
        var done: String { self == .retry ? "retried" : "discarded" }
    }

    let desk: QueueDesk
    let verb: Verb

    /// Does as much as one request may; says where the next one goes on.
    func run(_ change: ControlChange, _ send: QueueDesk.Send) throws(ControlFault) -> ControlEnd {
        let end: ControlEnd
        switch change.selection {
        case .ids(let ids):
            end = try named(ids, change, send)
        case .all:
            end = try sweep(change, reason: nil)
        case .reason(let word):
            guard let reason = DeadLetterReason(rawValue: word) else {
                let words = DeadLetterReason.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlFault(.badArgument, "a dead letter's reason is one of \(words)")
            }
            end = try sweep(change, reason: reason)
        case .proven:
            throw ControlFault(.badArgument, "dead letters are not proven")
        }
        desk.note("dead letters", verb.rawValue, end, isDryRun: change.isDryRun)
        return end
    }

    /// Those that were named: one line for each.
    private func named(
        _ ids: [Int64], _ change: ControlChange, _ send: QueueDesk.Send
    ) throws(ControlFault) -> ControlEnd {
        var counts: [String: Int] = [:]
        var left = ids[...]
        while !left.isEmpty {
            let done = try slice(Array(left.prefix(QueueDesk.sliceRows)), change.isDryRun)
            for (id, isDone) in done {
                let result = isDone ? verb.done : "missing"
                counts[result, default: 0] += 1
                guard send(.outcome(ControlOutcome(id: id, result: result))) else {
                    return ControlEnd(counts: counts)
                }
            }
            left = left.dropFirst(done.count)
        }
        return ControlEnd(counts: counts)
    }

    /// All of them in the order of ids, until the request's time is over.
    private func sweep(
        _ change: ControlChange, reason: DeadLetterReason?
    ) throws(ControlFault) -> ControlEnd {
        let deadline = MonotonicClock.now() + QueueDesk.requestNanoseconds
        var after = change.after
        var count = 0
        var through = change.through ?? 0
        if change.through == nil {
            through = try desk.slice(.reading) { store throws(SQLiteError) in
                try store.listing.lastID()
            }
        }
        repeat {
            let page = DeliveryListing.Page(
                afterID: after, throughID: through, rowsMax: QueueDesk.sliceRows,
                state: .deadLettered, reason: reason)
            let found = try desk.slice(.reading) { store throws(SQLiteError) in
                try store.listing.page(page)
            }
            let ids = found.rows.map(\.id)
            let done: [(id: Int64, isDone: Bool)]
            do {
                done = ids.isEmpty ? [] : try slice(ids, change.isDryRun)
            } catch {
                // What was done is told first; the next request meets the fault again.
                guard count > 0 else { throw error }
                break
            }
            count += done.count { $0.isDone }
            // A slice whose time was over goes on where it stopped.
            after = done.count < ids.count ? done.last?.id ?? after : found.lastID
            if found.isAtEnd, done.count == ids.count {
                return ControlEnd(counts: [verb.done: count], through: through)
            }
        } while MonotonicClock.now() < deadline
        return ControlEnd(counts: [verb.done: count], next: after, through: through)
    }

    /// Changes some of these rows, the first ones, as far as a slice's time allows.
    private func slice(
        _ ids: [Int64], _ isDryRun: Bool
    ) throws(ControlFault) -> [(id: Int64, isDone: Bool)] {
        if isDryRun {
            return try desk.slice(.reading) { store throws(SQLiteError) in
                var found: [(id: Int64, isDone: Bool)] = []
                for id in ids { found.append((id, try store.listing.isDeadLetter(id))) }
                return found
            }
        }
        if verb == .retry { try desk.checkRoom(for: ids.count) }
        return try desk.slice(.writing) { [verb] store throws(SQLiteError) in
            let end = MonotonicClock.now() + QueueDesk.sliceNanoseconds
            let now = WallClock.nowMilliseconds()
            var done: [(id: Int64, isDone: Bool)] = []
            for id in ids where done.isEmpty || MonotonicClock.now() < end {
                switch verb {
                case .retry: done.append((id, try store.revive(id, nowMilliseconds: now)))
                case .discard: done.append((id, try store.discardDeadLetter(id)))
                }
            }
            return done
        }
    }
}

extension QueueDesk {
    /// Refuses what the queue has no room for.
    func checkRoom(for count: Int) throws(ControlFault) {
        guard group.status.owed + Int64(count) <= Int64(group.options.owedMax) else {
            throw ControlFault(
                .queueFull,
                "the queue is full: --queue-rows-max is \(group.options.owedMax)")
        }
    }

    /// Writes one log line about a change.
    func note(
        _ what: String, _ verb: String, _ end: ControlEnd, isDryRun: Bool,
        level: LogLevel = .info
    ) {
        guard !isDryRun, end.counts.values.contains(where: { $0 > 0 }) else { return }
        var line = LogLine(level, "changed by command").with("what", what).with("verb", verb)
        let counts = end.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        line = line.with("result", counts.joined(separator: ", "))
        log.write(line)
    }
}
