import POSIX

/// Answers what commands ask of the shared queue in Redis. The control thread, which waits for
/// Redis and not for the store.
struct SharedQueueAdmin: Sendable {
    /// What is told of a Redis that does not answer.
    static let away = AdminFault(
        .store, "Redis did not answer; what it holds cannot be seen or changed at the moment")

    private static let answerNanoseconds: UInt64 = 2_000_000_000
    private let listing: RedisQueueListing
    private let letters: RedisDeadLetters

    init(_ queue: RedisQueue) {
        listing = queue.listing
        letters = queue.deadLetters
    }

    /// Lists what follows a number; returns where the next request goes on, nil at the end.
    func list(
        after: Int64, limit: Int, state: DeliveryState?, _ send: QueueAdmin.Send
    ) throws(AdminFault) -> Int64? {
        let deadline = MonotonicClock.now() + QueueAdmin.requestNanoseconds
        var left = limit
        var last = max(after, RedisRowID.beforeFirst)
        for place in RedisRowID.Place.allCases where place.mayHold(state) {
            let start = RedisRowID(last)
            if let start, start.place.rawValue > place.rawValue { continue }
            var entry = start?.place == place ? start?.entry : nil
            while true {
                guard left > 0, MonotonicClock.now() < deadline else { return last }
                let asked = min(left, QueueAdmin.sliceRows)
                guard
                    let found = listing.page(
                        place, after: entry, count: asked, deadlineNanoseconds: answerDeadline)
                else { throw Self.away }
                for item in found {
                    last = item.row.id
                    entry = RedisRowID(last)?.entry
                    guard state == nil || state?.rawValue == item.row.state else { continue }
                    left -= 1
                    guard send(.delivery(item.row)) else { return nil }
                }
                if found.count < asked { break }
            }
        }
        return nil
    }

    /// One delivery; nil when it is not there.
    func delivery(_ id: RedisRowID) throws(AdminFault) -> RedisQueueListing.Entry? {
        guard let found = listing.entry(id, deadlineNanoseconds: answerDeadline) else {
            throw Self.away
        }
        return found.first
    }

    /// Whether a dead letter is there.
    func isDeadLetter(_ id: RedisRowID) throws(AdminFault) -> Bool {
        guard id.place == .dead else { return false }
        return try delivery(id) != nil
    }

    /// Retries or discards one dead letter; false when it is none.
    func apply(_ verb: DeadLetterBatch.Verb, _ id: RedisRowID) throws(AdminFault) -> Bool {
        guard id.place == .dead else { return false }
        let done =
            switch verb {
            case .retry: letters.retry(id.entry, deadlineNanoseconds: answerDeadline)
            case .discard: letters.discard(id.entry, deadlineNanoseconds: answerDeadline)
            }
        guard let done else { throw Self.away }
        return done
    }

    /// Changes all dead letters, or those with a reason, until the request's time is over.
    func sweep(
        _ verb: DeadLetterBatch.Verb, _ change: AdminChange, reason: DeadLetterReason?
    ) throws(AdminFault) -> AdminEnd {
        let deadline = MonotonicClock.now() + QueueAdmin.requestNanoseconds
        let through: Int64
        if let known = change.through { through = known } else { through = try lastDeadLetter() }
        var end = AdminEnd(counts: [verb.done: 0], through: through)
        var last = RedisRowID(change.after)
        while MonotonicClock.now() < deadline {
            guard
                let found = letters.list(
                    after: last?.entry, count: QueueAdmin.sliceRows,
                    deadlineNanoseconds: answerDeadline)
            else { throw Self.away }
            for letter in found {
                guard let id = RedisRowID(.dead, entry: letter.entry) else { continue }
                guard id.number <= through else { return end }
                last = id
                guard reason == nil || letter.reason == reason?.rawValue else { continue }
                let isDone = change.isDryRun ? true : try apply(verb, id)
                if isDone { end.counts[verb.done, default: 0] += 1 }
            }
            if found.count < QueueAdmin.sliceRows { return end }
        }
        end.next = last?.number ?? change.after
        return end
    }

    private func lastDeadLetter() throws(AdminFault) -> Int64 {
        guard let last = letters.last(deadlineNanoseconds: answerDeadline) else {
            throw Self.away
        }
        return last.first.flatMap { RedisRowID(.dead, entry: $0.entry)?.number } ?? 0
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
