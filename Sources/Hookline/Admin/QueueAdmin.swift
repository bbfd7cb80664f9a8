import POSIX
import SQLite

/// Answers what commands ask of the queue and of the quarantine. The control thread.
///
/// The desk cuts every request into slices, of which the store thread does one between two
/// commits, so that webhooks wait for a slice at most: some hundred rows and some milliseconds.
struct QueueAdmin: Sendable {
    /// Hands one line of the answer on; false when nobody listens any more.
    typealias Send = (AdminReply) -> Bool

    /// After this time a request takes no further slice.
    static let requestNanoseconds: UInt64 = 500_000_000

    /// Has the quarantine, and what is released from it.
    let store: SQLiteQueue
    /// The queues in the order in which they are listed. The last is where messages are owed; what
    /// is in those before it is spooled.
    let queues: [any DeliveryDesk]
    /// Verifies a request from quarantine as if it had just come, and mends what was damaged on
    /// its way; `isThorough` takes some milliseconds for a damage that is new.
    let verify:
        @Sendable (QuarantinedRequest, _ isThorough: Bool) -> Result<Webhook, QuarantineReason>
    /// Reads a webhook from a request that an operator vouches for; nil when it cannot be read.
    let trust: @Sendable (QuarantinedRequest) -> Webhook?
    let log: Log

    /// A desk over the store and, where the queue is in Redis, that one.
    init(
        store: SQLiteQueue, shared: RedisQueue?,
        verify:
            @escaping @Sendable (QuarantinedRequest, _ isThorough: Bool) -> Result<
                Webhook, QuarantineReason
            >,
        trust: @escaping @Sendable (QuarantinedRequest) -> Webhook?, log: Log
    ) {
        self.store = store
        queues = shared.map { [store, $0] } ?? [store]
        self.verify = verify
        self.trust = trust
        self.log = log
    }

    /// Answers one request; its last line is an `end`, or else the fault is thrown.
    func answer(_ request: AdminRequest, _ send: Send) throws(AdminFault) {
        switch request {
        case .status:
            let status = QueueStatus(queues)
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
            let work = DeliveryBatch(desk: self, verb: .retry)
            _ = send(.end(try work.run(change, send)))
        case .discard(let change, quarantined: false):
            let work = DeliveryBatch(desk: self, verb: .discard)
            _ = send(.end(try work.run(change, send)))
        case .discard(let change, quarantined: true):
            let work = QuarantineBatch(desk: self, verb: .discard)
            _ = send(.end(try work.run(change, send)))
        case .release(let change, let force):
            let work = QuarantineBatch(desk: self, verb: force ? .force : .release)
            _ = send(.end(try work.run(change, send)))
        }
    }

    /// The queue that has a number; nil when none can have it.
    func queue(of id: Int64) -> (any DeliveryDesk)? { queues.first { $0.numbers.contains(id) } }

    /// Has a slice of the quarantine's work done by the store thread.
    func slice<Value: Sendable>(
        _ access: StoreTasks.Access,
        _ body: @escaping @Sendable (DeliveryStore) throws(SQLiteError) -> Value
    ) throws(AdminFault) -> Value {
        do {
            return try store.perform(access, body)
        } catch {
            throw AdminFault(error)
        }
    }

    private func deliveries(_ list: AdminList, _ send: Send) throws(AdminFault) -> AdminEnd {
        let deadline = MonotonicClock.now() + Self.requestNanoseconds
        var last = list.after
        var left = list.limit
        for queue in queues where queue.numbers.upperBound > last {
            last = max(last, queue.numbers.lowerBound - 1)
            var isAtEnd = false
            while !isAtEnd {
                guard left > 0, MonotonicClock.now() <= deadline else {
                    return AdminEnd(next: last)
                }
                // What runs may lie between many other rows.
                let rowsMax =
                    list.state == .running
                    ? DeliveryPage.sliceRows : min(left, DeliveryPage.sliceRows)
                let answer = try asking {
                    () throws(QueueFault) in
                    try queue.list(
                        DeliveryPage(
                            afterID: last, rowsMax: rowsMax, state: list.state,
                            destination: list.destination))
                }
                for row in answer.rows.prefix(left) where !send(.delivery(shown(row, of: queue))) {
                    return AdminEnd()
                }
                // Where the limit cuts a page, the next begins after the last row that was sent.
                let isCut = answer.rows.count > left
                last = isCut ? answer.rows[left - 1].id : answer.lastID
                isAtEnd = answer.isAtEnd && !isCut
                left -= min(left, answer.rows.count)
            }
        }
        return AdminEnd()
    }

    /// Has a queue do something; its faults are the command's.
    func asking<Value>(_ body: () throws(QueueFault) -> Value) throws(AdminFault) -> Value {
        do { return try body() } catch { throw AdminFault(error) }
    }

    private func quarantined(_ list: AdminList, _ send: Send) throws(AdminFault) -> AdminEnd {
        var after = list.after
        var left = list.limit
        while left > 0 {
            let page = QuarantinePage(afterID: after, rowsMax: min(left, DeliveryPage.sliceRows))
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

    /// A row as it is shown: what is owed in a queue before the last one is spooled.
    private func shown(_ row: DeliveryRow, of queue: any DeliveryDesk) -> DeliveryRow {
        guard queue.name != queues[queues.count - 1].name,
            row.state != DeliveryState.deadLettered.rawValue
        else { return row }
        var row = row
        row.state = "spooled"
        return row
    }

    private func showDelivery(_ show: AdminShow, _ send: Send) throws(AdminFault) {
        let queue = queue(of: show.id)
        let found = try asking { () throws(QueueFault) in try queue?.show(show.id) }
        guard let queue, let found else {
            throw AdminFault(.notFound, "there is no delivery \(show.id)")
        }
        guard send(.delivery(shown(found.row, of: queue))), let webhook = found.webhook else {
            return
        }
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
