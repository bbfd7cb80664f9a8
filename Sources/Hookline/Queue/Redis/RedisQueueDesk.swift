import POSIX

extension RedisQueue: DeliveryQueue {
    private static let answerNanoseconds: UInt64 = 2_000_000_000

    var name: StoreName { .redis }

    var numbers: ClosedRange<Int64> { RedisRowID.beforeFirst + 1...Int64.max }

    var nowMilliseconds: Int64 { WallClock.nowMilliseconds() }

    var figures: QueueFigures? { status?.figures }

    func list(_ page: DeliveryPage) throws(QueueFault) -> DeliveryPage.Answer<DeliveryRow> {
        var answer = DeliveryPage.Answer<DeliveryRow>(
            lastID: max(page.afterID, RedisRowID.beforeFirst))
        var looked = 0
        for place in RedisRowID.Place.allCases where place.mayHold(page.state) {
            let start = RedisRowID(answer.lastID)
            if let start, start.place.rawValue > place.rawValue { continue }
            var entry = start?.place == place ? start?.entry : nil
            while true {
                let asked = page.rowsMax - looked
                guard asked > 0 else { return answer }
                guard
                    let found = listing.page(
                        place, after: entry, count: asked, deadlineNanoseconds: answerDeadline)
                else { throw .away }
                looked += found.count
                for item in found {
                    answer.lastID = item.row.id
                    entry = RedisRowID(item.row.id)?.entry
                    guard page.state == nil || page.state?.rawValue == item.row.state else {
                        continue
                    }
                    answer.rows.append(item.row)
                }
                if found.count < asked { break }
            }
        }
        answer.isAtEnd = true
        return answer
    }

    func show(_ id: Int64) throws(QueueFault) -> (row: DeliveryRow, webhook: Webhook?)? {
        guard let id = RedisRowID(id) else { return nil }
        guard let found = listing.entry(id, deadlineNanoseconds: answerDeadline) else {
            throw .away
        }
        return found.first.map { ($0.row, $0.webhook) }
    }

    func change(
        _ verb: DeskVerb, _ ids: [Int64], _ mode: DeskMode
    ) throws(QueueFault) -> [(id: Int64, outcome: DeskOutcome)] {
        // Each takes a round trip or two.
        guard let number = ids.first else { return [] }
        guard let id = RedisRowID(number) else { return [(number, .missing)] }
        return [(number, try apply(verb, id, mode))]
    }

    func sweep(
        _ verb: DeskVerb, _ page: DeliveryPage, _ mode: DeskMode
    ) throws(QueueFault) -> DeskSweep {
        var done = DeskSweep(lastID: page.afterID)
        guard
            let found = deadLetters.list(
                after: RedisRowID(page.afterID)?.entry, count: page.rowsMax,
                deadlineNanoseconds: answerDeadline)
        else { throw .away }
        var mode = mode
        for letter in found {
            guard let id = RedisRowID(.dead, entry: letter.entry) else { continue }
            guard id.number <= page.throughID else {
                done.isAtEnd = true
                return done
            }
            guard page.reason == nil || letter.reason == page.reason?.rawValue else {
                done.lastID = id.number
                continue
            }
            switch try apply(verb, id, mode) {
            case .full:
                guard done.count > 0 else { throw .full(owedMax: Int(options.owedMax)) }
                return done
            case .done:
                done.count += 1
                if mode.isDryRun { mode = .foretell(owed: mode.foretold + 1) }
            case .missing, .running, .corrupt: break
            }
            done.lastID = id.number
        }
        done.isAtEnd = found.count < page.rowsMax
        return done
    }

    func lastDeadLetter() throws(QueueFault) -> Int64 {
        guard let last = deadLetters.last(deadlineNanoseconds: answerDeadline) else { throw .away }
        return last.first.flatMap { RedisRowID(.dead, entry: $0.entry)?.number } ?? 0
    }

    private func apply(
        _ verb: DeskVerb, _ id: RedisRowID, _ mode: DeskMode
    ) throws(QueueFault) -> DeskOutcome {
        let isRevival = verb == .retry && id.place == .dead
        let isFull = (status?.owed ?? 0) + Int64(mode.foretold) >= options.owedMax
        if mode.isDryRun || isRevival && isFull {
            guard let found = try show(id.number) else { return .missing }
            guard found.row.state != DeliveryState.running.rawValue else { return .running }
            return isRevival && isFull ? .full : .done(isNewlyOwed: isRevival)
        }
        let changed =
            switch (verb, id.place) {
            case (.retry, .dead): deadLetters.retry(id.entry, deadlineNanoseconds: answerDeadline)
            case (.discard, .dead):
                deadLetters.discard(id.entry, deadlineNanoseconds: answerDeadline)
            default: waiting.change(verb, id, deadlineNanoseconds: answerDeadline)
            }
        guard let changed else { throw .away }
        switch changed {
        case 1: return .done(isNewlyOwed: isRevival)
        case RedisWaiting.isRunning: return .running
        default: return .missing
        }
    }

    private var answerDeadline: UInt64 { MonotonicClock.now() + Self.answerNanoseconds }
}

extension RedisRowID.Place {
    /// Whether deliveries in a state can be here; nil is any.
    fileprivate func mayHold(_ state: DeliveryState?) -> Bool {
        switch state {
        case nil: true
        case .deadLettered: self == .dead
        case .available, .running: self == .high || self == .normal
        case .retryable: self == .retryableHigh || self == .retryableNormal
        }
    }
}
