import POSIX

/// Retries or discards deliveries, in slices, in whatever queue they are.
struct DeliveryBatch {
    let desk: QueueAdmin
    let verb: DeskVerb

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
        var end = AdminEnd()
        var owed = change.foretold
        var left = ids[...]
        while let first = left.first {
            let mode: DeskMode = change.isDryRun ? .foretell(owed: owed) : .change
            let done = try slice(first, left, mode)
            for (id, outcome) in done {
                if outcome == .done(isNewlyOwed: true) { owed += 1 }
                let result = word(outcome)
                end.counts[result, default: 0] += 1
                guard send(.outcome(AdminOutcome(id: id, result: result))) else { return end }
            }
            left = left.dropFirst(done.count)
        }
        if change.isDryRun { end.foretold = owed }
        return end
    }

    private func word(_ outcome: DeskOutcome) -> String {
        switch outcome {
        case .done: verb.done
        case .missing: "missing"
        case .running: AdminOutcome.running
        case .full: AdminOutcome.queueFull
        case .corrupt: AdminOutcome.corrupt
        }
    }

    /// The first of those that were named, as far as they are in one queue.
    private func slice(
        _ first: Int64, _ left: ArraySlice<Int64>, _ mode: DeskMode
    ) throws(AdminFault) -> [(id: Int64, outcome: DeskOutcome)] {
        guard let queue = desk.queue(of: first) else { return [(first, .missing)] }
        let ids = left.prefix(DeliveryPage.sliceRows).prefix { queue.numbers.contains($0) }
        return try desk.asking { () throws(QueueFault) in
            try queue.change(verb, Array(ids), mode)
        }
    }

    /// All of them in the order of their numbers, until the request's time is over: one queue, and
    /// the next request goes on with the next queue.
    private func sweep(
        _ change: AdminChange, reason: DeadLetterReason?
    ) throws(AdminFault) -> AdminEnd {
        let left = desk.queues.filter { $0.numbers.upperBound > change.after }
        guard let queue = left.first else { return AdminEnd(counts: [verb.done: 0]) }
        let deadline = MonotonicClock.now() + QueueAdmin.requestNanoseconds
        var page = DeliveryPage(
            afterID: change.after, rowsMax: DeliveryPage.sliceRows, state: .deadLettered,
            reason: reason)
        page.throughID = try desk.asking { () throws(QueueFault) in
            if let through = change.through { through } else { try queue.lastDeadLetter() }
        }
        var end = AdminEnd(counts: [verb.done: 0], through: page.throughID)
        if change.isDryRun { end.foretold = change.foretold }
        var count = 0
        repeat {
            let answer: DeskSweep
            do {
                answer = try desk.asking { () throws(QueueFault) in
                    try queue.sweep(
                        verb, page,
                        end.foretold.map { .foretell(owed: $0) } ?? .change)
                }
            } catch {
                // What was done is told first; the next request meets the fault again.
                guard count > 0 else { throw error }
                break
            }
            count += answer.count
            end.counts[verb.done] = count
            if answer.corrupt > 0 { end.counts[AdminOutcome.corrupt, default: 0] += answer.corrupt }
            if verb == .retry, let foretold = end.foretold {
                end.foretold = foretold + answer.count
            }
            page.afterID = answer.lastID
            if answer.isAtEnd {
                guard let next = left.dropFirst().first else { return end }
                end.next = next.numbers.lowerBound - 1
                end.through = nil
                return end
            }
        } while MonotonicClock.now() < deadline
        end.next = page.afterID
        return end
    }
}

extension QueueAdmin {
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
