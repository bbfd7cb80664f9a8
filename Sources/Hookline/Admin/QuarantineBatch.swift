import POSIX
import SQLite

/// Releases or discards quarantined requests, in slices.
///
/// A release is verified on the control thread, against the tokens and the URL of the moment.
/// The row leaves the quarantine in the transaction that appends its webhook and claims its
/// identity, so that a second release, or a crash in between, does nothing twice.
struct QuarantineBatch {
    /// What is done with them.
    enum Verb: String {
        case release, discard
        /// A release without verification.
        case force
    }

    /// A row and what is to become of it.
    private struct Judged: Sendable {
        let id: Int64
        /// What is released; nil when the row is discarded or stays.
        var webhook: Webhook?
        /// Why it stays, or what becomes of it.
        var result: String
        /// False when it stays.
        var leaves = true
    }

    private static let releaseRows = 64
    /// Requests that are not proven and that one command's request searches for a new damage.
    private static let searchesMax = 16

    let desk: QueueAdmin
    let verb: Verb

    /// Does as much as one request may; says where the next one goes on.
    func run(_ change: AdminChange, _ send: QueueAdmin.Send) throws(AdminFault) -> AdminEnd {
        let end: AdminEnd
        switch change.selection {
        case .ids(let ids):
            guard verb != .force || ids.count == 1 else { throw Self.forceFault }
            end = try named(ids, change, send)
        case .all:
            end = try sweep(change, QuarantinePage(rowsMax: rowsMax))
        case .proven:
            end = try sweep(change, QuarantinePage(rowsMax: rowsMax, isProvenOnly: true))
        case .reason(let word):
            guard let reason = QuarantineReason(rawValue: word) else {
                let words = QuarantineReason.allCases.map(\.rawValue).joined(separator: ", ")
                throw AdminFault(
                    .badArgument, "a quarantined request's reason is one of \(words)")
            }
            end = try sweep(change, QuarantinePage(rowsMax: rowsMax, reason: reason))
        }
        desk.note(
            "quarantine", verb.rawValue, end, isDryRun: change.isDryRun,
            level: verb == .force ? .warning : .info)
        return end
    }

    private static let forceFault = AdminFault(
        .badArgument, "one request at a time is released by force, by its id")

    private var rowsMax: Int { verb == .discard ? DeliveryPage.sliceRows : Self.releaseRows }

    /// Those that were named, until the request's time is over: one line for each.
    private func named(
        _ ids: [Int64], _ change: AdminChange, _ send: QueueAdmin.Send
    ) throws(AdminFault) -> AdminEnd {
        let deadline = MonotonicClock.now() + QueueAdmin.requestNanoseconds
        var end = AdminEnd()
        if change.isDryRun { end.foretold = change.foretold }
        for (index, id) in ids.enumerated() {
            if index > 0, MonotonicClock.now() >= deadline {
                end.next = Int64(index)
                break
            }
            let row = try desk.slice(.reading) { store throws(SQLiteError) in
                try store.quarantine.row(id)
            }
            let judged =
                row.map { judge($0, isThorough: true) }
                ?? Judged(id: id, result: "missing", leaves: false)
            let result = try finish([judged], &end.foretold).first?.result ?? judged.result
            end.counts[result, default: 0] += 1
            guard send(.outcome(AdminOutcome(id: id, result: result))) else { break }
        }
        return end
    }

    /// All of them in the order of ids, until the request's time is over.
    private func sweep(
        _ change: AdminChange, _ pattern: QuarantinePage
    ) throws(AdminFault) -> AdminEnd {
        guard verb != .force else { throw Self.forceFault }
        let deadline = MonotonicClock.now() + QueueAdmin.requestNanoseconds
        var page = pattern
        page.withBodies = verb == .release
        page.afterID = change.after
        if let through = change.through {
            page.throughID = through
        } else {
            page.throughID = try desk.slice(.reading) { store throws(SQLiteError) in
                try store.quarantine.lastID()
            }
            if verb == .release { try learn() }
        }
        var searches = Self.searchesMax
        var end = AdminEnd(through: page.throughID)
        if change.isDryRun { end.foretold = change.foretold }
        repeat {
            let found = try desk.slice(.reading) { [page] store throws(SQLiteError) in
                try store.quarantine.page(page)
            }
            // A token that has to be fetched takes its time: what is judged by then is done.
            var left = judge(found.rows, until: deadline, &searches)[...]
            let isWhole = left.count == found.rows.count
            page.afterID = isWhole ? found.lastID : left.last?.id ?? page.afterID
            while !left.isEmpty {
                let done: [Judged]
                do {
                    done = try finish(Array(left), &end.foretold)
                } catch {
                    // What was done is told first; the next request meets the fault again.
                    guard !end.counts.isEmpty else { throw error }
                    end.next = (left.first?.id ?? 1) - 1
                    return end
                }
                for judged in done { end.counts[judged.result, default: 0] += 1 }
                left = left.dropFirst(done.count)
            }
            if found.isAtEnd, isWhole { return end }
        } while MonotonicClock.now() < deadline
        end.next = page.afterID
        return end
    }

    /// What mends proven requests mends others too, that nobody had the time to prove and that
    /// come before them: so a few of the proven ones are verified first.
    private func learn() throws(AdminFault) {
        let page = QuarantinePage(rowsMax: Self.searchesMax, withBodies: true, isProvenOnly: true)
        let found = try desk.slice(.reading) { store throws(SQLiteError) in
            try store.quarantine.page(page)
        }
        for row in found.rows { _ = judge(row, isThorough: true) }
    }

    /// Judges the first of these rows, one at least, until a deadline. Proven ones are searched
    /// for a damage, and so many of the others; the rest is tried with what mended those.
    private func judge(
        _ rows: [QuarantinedRow], until deadline: UInt64, _ searches: inout Int
    ) -> [Judged] {
        var judged: [Judged] = []
        for row in rows where judged.isEmpty || MonotonicClock.now() < deadline {
            let verdict = judge(row, isThorough: row.isProven || searches > 0)
            if !verdict.leaves, !row.isProven { searches -= 1 }
            judged.append(verdict)
        }
        return judged
    }

    private func judge(_ row: QuarantinedRow, isThorough: Bool) -> Judged {
        if verb == .discard { return Judged(id: row.id, result: "discarded") }
        guard !row.isCorrupt else {
            return Judged(id: row.id, result: AdminOutcome.corrupt, leaves: false)
        }
        guard let request = row.quarantined else {
            return Judged(id: row.id, result: "damaged", leaves: false)
        }
        if verb == .force {
            let webhook = trust(request)
            return Judged(
                id: row.id, webhook: webhook, result: webhook == nil ? "malformed" : "released",
                leaves: webhook != nil)
        }
        switch desk.verify(request, isThorough) {
        case .success(let webhook):
            return Judged(
                id: row.id, webhook: webhook.received(at: row.receivedMilliseconds),
                result: "released")
        case .failure(let reason):
            return Judged(id: row.id, result: reason.rawValue, leaves: false)
        }
    }

    private func trust(_ request: QuarantinedRequest) -> Webhook? {
        desk.trust(request)?.received(at: request.receivedMilliseconds)
    }

    /// Carries out what was judged for the first of these rows, as far as a slice's time allows;
    /// returns them with what became of each. What the queue has no room for stays. In a dry run
    /// `foretold` is what it would have released, and nothing changes.
    private func finish(
        _ judged: [Judged], _ foretold: inout Int?
    ) throws(AdminFault) -> [Judged] {
        guard judged.contains(where: \.leaves) else { return judged }
        let owedMax = Int64(desk.store.options.owedMax - (foretold ?? 0))
        let isDryRun = foretold != nil
        let (done, released) = try desk.slice(isDryRun ? .reading : .writing) {
            store throws(SQLiteError) in
            let end = MonotonicClock.now() + DeliveryPage.sliceNanoseconds
            let now = store.clock.nowMilliseconds
            let room = owedMax - store.rows.counts.owed
            var left = room
            var done: [Judged] = []
            for var row in judged where done.isEmpty || MonotonicClock.now() < end {
                if row.leaves {
                    row.result = try Self.carryOut(row, store, now, &left, isDryRun: isDryRun)
                }
                done.append(row)
            }
            return (done, Int(room - left))
        }
        foretold = foretold.map { $0 + released }
        return done
    }

    private static func carryOut(
        _ row: Judged, _ store: DeliveryStore, _ now: Int64, _ room: inout Int64, isDryRun: Bool
    ) throws(SQLiteError) -> String {
        // A duplicate needs no room.
        if let webhook = row.webhook, room <= 0 || isDryRun {
            if try store.isSeen(webhook) {
                if isDryRun { return "duplicate" }
            } else if room <= 0 {
                return AdminOutcome.queueFull
            }
        }
        if isDryRun {
            if row.webhook != nil { room -= 1 }
            return row.result
        }
        guard try store.quarantine.remove(row.id) else { return "missing" }
        guard let webhook = row.webhook else { return row.result }
        guard try store.release(webhook, nowMilliseconds: now) != nil else { return "duplicate" }
        room -= 1
        return row.result
    }
}

extension Webhook {
    /// The same webhook with the time at which its request really came.
    fileprivate func received(at milliseconds: Int64) -> Webhook {
        Webhook(
            kind: kind, priority: priority, identity: identity,
            receivedMilliseconds: milliseconds, head: head, body: body,
            destinations: destinations)
    }
}
