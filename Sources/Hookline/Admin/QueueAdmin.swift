import POSIX
import SQLite

/// Answers what commands ask of the queue and of the quarantine. The control thread.
///
/// The desk cuts every request into slices and has the store thread do one of them between two
/// commits, so that webhooks wait for a slice at most: some hundred rows and some milliseconds.
struct QueueAdmin: Sendable {
    /// Hands one line of the answer on; false when nobody listens any more.
    typealias Send = (AdminReply) -> Bool

    /// Rows that one slice looks at or changes.
    static let sliceRows = 256
    /// After this time a slice takes no further row.
    static let sliceNanoseconds: UInt64 = 5_000_000
    /// After this time a request takes no further slice.
    static let requestNanoseconds: UInt64 = 500_000_000

    let group: SQLiteQueue
    /// The queue in Redis; nil without one. Then the rows of `group` are the spool.
    let shared: RedisQueue?
    /// Verifies a request from quarantine as if it had just come, and mends what was damaged on
    /// its way; `isThorough` takes some milliseconds for a damage that is new.
    let verify:
        @Sendable (QuarantinedRequest, _ isThorough: Bool) -> Result<Webhook, QuarantineReason>
    /// Reads a webhook from a request that an operator vouches for; nil when it cannot be read.
    let trust: @Sendable (QuarantinedRequest) -> Webhook?
    let log: Log

    /// Answers one request; its last line is an `end`, or else the fault is thrown.
    func answer(_ request: AdminRequest, _ send: Send) throws(AdminFault) {
        switch request {
        case .status:
            let status = QueueStatus(group.status, group.clock, shared: shared)
            if send(.status(status)) { _ = send(.end(AdminEnd())) }
        case .list(let list):
            let end = try list.quarantined ? self.quarantined(list, send) : deliveries(list, send)
            _ = send(.end(end))
        case .show(let show):
            try show.quarantined ? showQuarantined(show, send) : showDelivery(show, send)
            _ = send(.end(AdminEnd()))
        case .capture(let id):
            let row = try quarantinedRow(id)
            if let request = row.request { _ = send(.captured(AdminCapture(request))) }
            _ = send(.end(AdminEnd()))
        case .retry(let change):
            let work = DeadLetterBatch(desk: self, verb: .retry)
            _ = send(.end(try work.run(change, send)))
        case .discard(let change, quarantined: false):
            let work = DeadLetterBatch(desk: self, verb: .discard)
            _ = send(.end(try work.run(change, send)))
        case .discard(let change, quarantined: true):
            let work = QuarantineBatch(desk: self, verb: .discard)
            _ = send(.end(try work.run(change, send)))
        case .release(let change, let force):
            let work = QuarantineBatch(desk: self, verb: force ? .force : .release)
            _ = send(.end(try work.run(change, send)))
        }
    }

    /// Has a slice done by the store thread.
    func slice<Value: Sendable>(
        _ access: StoreTasks.Access,
        _ body: @escaping @Sendable (DeliveryStore) throws(SQLiteError) -> Value
    ) throws(AdminFault) -> Value {
        do {
            return try group.perform(access, body)
        } catch {
            throw AdminFault(error)
        }
    }

    private func deliveries(_ list: AdminList, _ send: Send) throws(AdminFault) -> AdminEnd {
        let deadline = MonotonicClock.now() + Self.requestNanoseconds
        var after = list.after
        var left = list.limit
        guard after <= RedisRowID.beforeFirst else { return try sharedDeliveries(list, send) }
        while left > 0 {
            let page = DeliveryListing.Page(
                afterID: after,
                rowsMax: list.state == nil ? min(left, Self.sliceRows) : Self.sliceRows,
                state: list.state)
            let answer = try slice(.reading) { store throws(SQLiteError) in
                try store.listing.page(page)
            }
            for row in answer.rows.prefix(left) where !send(.delivery(shown(row))) {
                return AdminEnd()
            }
            // Where the limit cuts a page, the next one begins after the last row that was sent.
            after = answer.rows.count > left ? answer.rows[left - 1].id : answer.lastID
            if answer.isAtEnd, answer.rows.count <= left {
                var rest = list
                rest.limit = left - answer.rows.count
                rest.after = RedisRowID.beforeFirst
                return try sharedDeliveries(rest, send)
            }
            left -= min(left, answer.rows.count)
            if MonotonicClock.now() > deadline { break }
        }
        return AdminEnd(next: after)
    }

    private func quarantined(_ list: AdminList, _ send: Send) throws(AdminFault) -> AdminEnd {
        var after = list.after
        var left = list.limit
        while left > 0 {
            let page = QuarantinePage(afterID: after, rowsMax: min(left, Self.sliceRows))
            let answer = try slice(.reading) { store throws(SQLiteError) in
                try store.quarantine.page(page)
            }
            for row in answer.rows where !send(.quarantined(QuarantineRow(row))) {
                return AdminEnd()
            }
            if answer.isAtEnd { return AdminEnd() }
            after = answer.lastID
            left -= answer.rows.count
        }
        return AdminEnd(next: after)
    }

    /// What the list goes on with in Redis.
    private func sharedDeliveries(
        _ list: AdminList, _ send: Send
    ) throws(AdminFault) -> AdminEnd {
        guard let shared else { return AdminEnd() }
        guard list.limit > 0 else { return AdminEnd(next: list.after) }
        return AdminEnd(
            next: try SharedQueueAdmin(shared).list(
                after: list.after, limit: list.limit, state: list.state, send))
    }

    /// A row of SQLite as it is shown: with a queue in Redis, what is owed there is spooled.
    private func shown(_ row: DeliveryRow) -> DeliveryRow {
        guard shared != nil, row.state != DeliveryState.deadLettered.rawValue else { return row }
        var row = row
        row.state = "spooled"
        return row
    }

    private func showShared(_ id: RedisRowID, _ show: AdminShow, _ send: Send)
        throws(AdminFault)
    {
        guard let shared, let found = try SharedQueueAdmin(shared).delivery(id) else {
            throw AdminFault(.notFound, "there is no delivery \(show.id)")
        }
        guard send(.delivery(found.row)), let webhook = found.webhook else { return }
        _ = send(.request(RequestDetail(webhook, reveal: show.reveal)))
    }

    private func showDelivery(_ show: AdminShow, _ send: Send) throws(AdminFault) {
        if let id = RedisRowID(show.id) { return try showShared(id, show, send) }
        let found = try slice(.reading) { store throws(SQLiteError) in
            try store.listing.delivery(show.id)
        }
        guard let found else {
            throw AdminFault(.notFound, "there is no delivery \(show.id)")
        }
        guard send(.delivery(shown(found.row))), let webhook = found.webhook else { return }
        _ = send(.request(RequestDetail(webhook, reveal: show.reveal)))
    }

    private func showQuarantined(_ show: AdminShow, _ send: Send) throws(AdminFault) {
        let found = try quarantinedRow(show.id)
        guard send(.quarantined(QuarantineRow(found))), let request = found.request else { return }
        _ = send(.request(RequestDetail(request, reveal: show.reveal)))
    }

    private func quarantinedRow(_ id: Int64) throws(AdminFault) -> QuarantinedRow {
        let found = try slice(.reading) { store throws(SQLiteError) in
            try store.quarantine.row(id)
        }
        guard let found else {
            throw AdminFault(.notFound, "there is no request \(id) in quarantine")
        }
        return found
    }
}
