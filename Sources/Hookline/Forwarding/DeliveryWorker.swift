import Curl
import POSIX
import Synchronization

/// Forwards deliveries until stopped: this is the table of contents of forwarding.
final class DeliveryWorker: Sendable {
    /// What waits for the forwarding thread.
    private struct Inbox: Sendable {
        var claimed: [Delivery] = []
        var immediate: [(pending: PendingWebhook, deadlineNanoseconds: UInt64)] = []
        var isStopping = false
    }

    /// What is being forwarded.
    private enum InFlight {
        case delivery(Delivery)
        case immediate(PendingWebhook)
    }

    /// What the worker needs; fixed for its life.
    struct Options: Sendable {
        /// Deliveries that are forwarded at once.
        var concurrencyMax: Int
        /// Webhooks that are in immediate processing at once; they come on top.
        var immediateConcurrencyMax: Int
        var retryPolicy: RetryPolicy
    }

    private let options: Options
    private let destination: Destination?
    private let metrics: ReceiverMetrics
    private let log: Log
    private let twimlNotice: TwiMLNotice
    private let inbox = Mutex(Inbox())
    private let waker = Mutex<TransferWaker?>(nil)
    private let bell = WakeSignal()
    private let links = Mutex<Links?>(nil)
    private let underWay = Atomic<Int>(0)

    /// Who hears what became of deliveries; set once, before the thread starts.
    struct Links: Sendable {
        var queue: any DeliveryQueue
        var fallback: CommitFallback
    }

    init(options: Options, destination: Destination?, metrics: ReceiverMetrics, log: Log) {
        self.options = options
        self.destination = destination
        self.metrics = metrics
        self.log = log
        twimlNotice = TwiMLNotice(metrics: metrics, log: log)
    }

    /// Attempts that are under way. Any thread.
    var attemptsUnderWay: Int { underWay.load(ordering: .relaxed) }

    /// Connects the worker with the queue; before `run()`.
    func connect(_ links: Links) { self.links.withLock { $0 = links } }

    /// Takes claimed deliveries. The store thread.
    func take(_ deliveries: [Delivery]) {
        inbox.withLock { $0.claimed.append(contentsOf: deliveries) }
        wake()
    }

    /// Forwards one webhook at once, whose store is late; it must end by the deadline.
    func forwardNow(_ pending: PendingWebhook, deadlineNanoseconds: UInt64) {
        inbox.withLock { $0.immediate.append((pending, deadlineNanoseconds)) }
        wake()
    }

    /// Ends the thread; what is under way is given back to the queue. Any thread.
    func stop() {
        inbox.withLock { $0.isStopping = true }
        wake()
    }

    /// Forwards until `stop()`: claim → forward → judge → record. The forwarding thread.
    func run() {
        guard let links = links.withLock({ $0 }) else { return }
        guard let destination else { return runWithoutDestination(links) }
        var inFlight: [UInt64: InFlight] = [:]
        do {
            try drive(destination, links, &inFlight)
        } catch {
            log.write(LogLine(.critical, "cannot forward").with("error", "\(error)"))
            Signals.requestStop()
        }
        waker.withLock { $0 = nil }
        giveBack(inFlight.values, links)
    }

    private func drive(
        _ destination: Destination, _ links: Links, _ inFlight: inout [UInt64: InFlight]
    ) throws(CurlError) {
        var engine = try TransferEngine(
            connectionsMax: options.concurrencyMax + options.immediateConcurrencyMax)
        waker.withLock { $0 = engine.waker }
        var nextTag: UInt64 = 1
        var results: [TransferResult] = []
        links.queue.want(options.concurrencyMax)
        while true {
            let work = takeInbox()
            if work.isStopping { return }
            for (item, request) in requests(work, destination) {
                do throws(CurlError) {
                    try engine.add(request, tag: nextTag)
                    inFlight[nextTag] = item
                } catch {
                    record(item, .failed(.other, code: 0, message: "\(error)"), 0, links)
                }
                nextTag += 1
            }
            results.removeAll(keepingCapacity: true)
            underWay.store(inFlight.count, ordering: .relaxed)
            try engine.poll(timeoutMilliseconds: 1000, into: &results)
            for result in results {
                guard let item = inFlight.removeValue(forKey: result.tag) else { continue }
                record(item, result.outcome, result.durationNanoseconds, links)
            }
        }
    }

    private func takeInbox() -> Inbox {
        inbox.withLock { inbox in
            defer {
                inbox.claimed = []
                inbox.immediate = []
            }
            return inbox
        }
    }

    private func requests(
        _ work: Inbox, _ destination: Destination
    ) -> [(InFlight, TransferRequest)] {
        let now = WallClock.nowMilliseconds()
        let claimed = work.claimed.map { delivery in
            if delivery.attempt == 1 { observeBackground(delivery, now) }
            let request = destination.request(for: delivery.webhook, attempt: delivery.attempt)
            return (InFlight.delivery(delivery), request)
        }
        let clock = MonotonicClock.now()
        let immediate = work.immediate.map { pending, deadline in
            let left = deadline > clock ? Int((deadline - clock) / 1_000_000) : 0
            let request = destination.request(
                for: pending.webhook, attempt: 1, timeoutMilliseconds: max(1, left))
            return (InFlight.immediate(pending), request)
        }
        return immediate + claimed
    }

    /// Judges one attempt and writes down what follows from it.
    private func record(
        _ item: InFlight, _ outcome: TransferResult.Outcome, _ nanoseconds: UInt64, _ links: Links
    ) {
        let now = WallClock.nowMilliseconds()
        let result = AttemptResult(outcome)
        twimlNotice.look(at: outcome)
        switch item {
        case .immediate(let pending):
            count(result, pending.webhook, nanoseconds, now)
            links.fallback.immediateEnded(pending, taken: result == .success)
        case .delivery(let delivery):
            count(result, delivery.webhook, nanoseconds, now)
            let verdict = options.retryPolicy.verdict(
                on: outcome, attempt: delivery.attempt,
                receivedMilliseconds: delivery.owedSinceMilliseconds, nowMilliseconds: now)
            links.queue.record([change(delivery, verdict, result, outcome)])
            links.queue.want(1)
        }
    }

    private func change(
        _ delivery: Delivery, _ verdict: AttemptVerdict, _ result: AttemptResult,
        _ outcome: TransferResult.Outcome
    ) -> DeliveryChange {
        func line() -> LogLine {
            var line = LogLine(verdict == .completed ? .info : .warning, "delivery")
                .with("id", delivery.id).with("attempt", delivery.attempt)
                .with("result", result.rawValue)
            if case .response(let response) = outcome {
                line = line.with("status", response.status)
            }
            return
                line
                .with("trace_id", bytes: delivery.webhook[.traceParent].dropFirst(3).prefix(32))
                .with("message_sid", bytes: delivery.webhook[.messageSID])
        }
        switch verdict {
        case .completed:
            log.writeSampled(.info, line)
            return delivery.completion
        case .retry(let due):
            log.writeSampled(.warning) { line().with("next", Timestamp.text(milliseconds: due)) }
            return .retry(id: delivery.id, dueMilliseconds: due)
        case .deadLetter(let reason):
            log.write(line().with("dead_letter", reason.rawValue))
            return .deadLetter(id: delivery.id, reason: reason)
        }
    }

    private func count(
        _ result: AttemptResult, _ webhook: Webhook, _ nanoseconds: UInt64, _ now: Int64
    ) {
        let shard = metrics.backgroundShard
        metrics.deliveryAttempts[webhook.priority, result].add(shard: shard)
        metrics.attemptDuration[webhook.priority].observe(nanoseconds: nanoseconds, shard: shard)
        if result == .success {
            let lag = UInt64(max(0, now - webhook.receivedMilliseconds))
            metrics.deliveryLag[webhook.priority].observe(
                nanoseconds: lag * 1_000_000, shard: shard)
        } else {
            metrics.errors[.destination].add(shard: shard)
        }
    }

    private func observeBackground(_ delivery: Delivery, _ now: Int64) {
        let wait = UInt64(max(0, now - delivery.owedSinceMilliseconds))
        metrics.phaseDuration[.background].observe(
            nanoseconds: wait * 1_000_000, shard: metrics.backgroundShard)
        metrics.monitorCells.observeBackground(
            nanoseconds: wait * 1_000_000, shard: metrics.backgroundShard)
    }

    private func wake() {
        if let waker = waker.withLock({ $0 }) { waker.wake() } else { bell.ring() }
    }

    /// At the end: nothing that was claimed stays claimed.
    private func giveBack(_ items: some Sequence<InFlight>, _ links: Links) {
        let left = takeInbox()
        var changes = left.claimed.map { DeliveryChange.release(id: $0.id) }
        for item in items {
            switch item {
            case .delivery(let delivery): changes.append(.release(id: delivery.id))
            case .immediate(let pending): links.fallback.immediateEnded(pending, taken: false)
            }
        }
        for entry in left.immediate { links.fallback.immediateEnded(entry.pending, taken: false) }
        links.queue.record(changes)
    }

    /// Without `--forward-to`, a webhook that is written to the log is delivered.
    private func runWithoutDestination(_ links: Links) {
        let wanted = options.concurrencyMax * 4
        links.queue.want(wanted)
        while true {
            let work = takeInbox()
            if work.isStopping { return giveBack([], links) }
            let now = WallClock.nowMilliseconds()
            for delivery in work.claimed {
                observeBackground(delivery, now)
                count(.success, delivery.webhook, 0, now)
                log.writeSampled(.info) {
                    Self.delivered(delivery.webhook).with("id", delivery.id)
                }
            }
            links.queue.record(work.claimed.map(\.completion))
            links.queue.want(work.claimed.count)
            for entry in work.immediate {
                count(.success, entry.pending.webhook, 0, now)
                log.write(Self.delivered(entry.pending.webhook))
                links.fallback.immediateEnded(entry.pending, taken: true)
            }
            if work.claimed.isEmpty && work.immediate.isEmpty {
                bell.wait(untilNanoseconds: nil)
            }
        }
    }

    private static func delivered(_ webhook: Webhook) -> LogLine {
        LogLine(.info, "delivered to the log (no --forward-to)")
            .with("kind", webhook.kind.rawValue).with("priority", webhook.priority.rawValue)
            .with("message_sid", bytes: webhook[.messageSID])
    }
}
