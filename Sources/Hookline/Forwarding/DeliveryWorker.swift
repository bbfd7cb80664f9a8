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
        var clock = StoreClock()
    }

    private let options: Options
    private let destination: any Destination
    private let judge: AttemptJudge
    private let log: Log
    private let inbox = Mutex(Inbox())
    private let waker = Mutex<(@Sendable () -> Void)?>(nil)
    private let links = SetOnce<Links>()
    private let underWay = Atomic<Int>(0)

    /// Who hears what became of deliveries; set once, before the thread starts.
    struct Links: Sendable {
        var queue: any DeliverySource
        var fallback: CommitFallback
    }

    init(options: Options, destination: any Destination, metrics: ReceiverMetrics, log: Log) {
        self.options = options
        self.destination = destination
        self.log = log
        judge = AttemptJudge(
            retryPolicy: options.retryPolicy, metrics: metrics, log: log, clock: options.clock)
    }

    /// Attempts that are under way. Any thread.
    var attemptsUnderWay: Int { underWay.load(ordering: .relaxed) }

    /// Connects the worker with the queue; before `run()`.
    func connect(_ links: Links) { self.links.set(links) }

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
        guard let links = links.value else { return }
        var inFlight: [UInt64: InFlight] = [:]
        do throws(DestinationError) {
            try drive(links, &inFlight)
        } catch {
            log.write(LogLine(.critical, "cannot forward").with("error", error.description))
            Signals.requestStop()
        }
        waker.withLock { $0 = nil }
        giveBack(inFlight.values, links)
    }

    private func drive(
        _ links: Links, _ inFlight: inout [UInt64: InFlight]
    ) throws(DestinationError) {
        let open = try destination.open(
            attemptsMax: options.concurrencyMax + options.immediateConcurrencyMax)
        waker.withLock { $0 = open.wake }
        var nextTag: UInt64 = 1
        var ends: [AttemptEnd] = []
        links.queue.want(options.concurrencyMax)
        while true {
            let work = takeInbox()
            if work.isStopping { return }
            for (item, attempt) in attempts(of: work, nextTag: &nextTag) {
                inFlight[attempt.tag] = item
                open.begin(attempt)
            }
            underWay.store(inFlight.count, ordering: .relaxed)
            ends.removeAll(keepingCapacity: true)
            try open.wait(milliseconds: 1000, into: &ends)
            let changes = record(ends, &inFlight, links)
            if !changes.isEmpty {
                links.queue.record(changes)
                links.queue.want(changes.count)
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

    private func attempts(
        of work: Inbox, nextTag: inout UInt64
    ) -> [(InFlight, Attempt)] {
        var attempts: [(InFlight, Attempt)] = []
        let now = options.clock.monotonicNanoseconds
        for (pending, deadline) in work.immediate {
            let left = deadline > now ? Int((deadline - now) / 1_000_000) : 0
            let attempt = Attempt(
                tag: nextTag, webhook: pending.webhook, number: 1,
                timeoutMilliseconds: max(1, left))
            attempts.append((.immediate(pending), attempt))
            nextTag += 1
        }
        for delivery in work.claimed {
            judge.begins(delivery)
            let attempt = Attempt(
                tag: nextTag, webhook: delivery.webhook, number: delivery.attempt)
            attempts.append((.delivery(delivery), attempt))
            nextTag += 1
        }
        return attempts
    }

    /// Judges the attempts that ended; returns what follows for the deliveries among them.
    private func record(
        _ ends: [AttemptEnd], _ inFlight: inout [UInt64: InFlight], _ links: Links
    ) -> [DeliveryChange] {
        var changes: [DeliveryChange] = []
        for end in ends {
            switch inFlight.removeValue(forKey: end.tag) {
            case .immediate(let pending):
                let age = options.clock.monotonicNanoseconds - pending.receivedNanoseconds
                judge.count(end, of: pending.webhook, ageMilliseconds: Int64(age / 1_000_000))
                links.fallback.immediateEnded(pending, taken: end.outcome.result == .success)
            case .delivery(let delivery):
                judge.count(
                    end, of: delivery.webhook, ageMilliseconds: judge.age(of: delivery))
                changes.append(judge.change(after: end.outcome, of: delivery))
            case nil: break
            }
        }
        return changes
    }

    private func wake() { waker.withLock { $0 }?() }

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
}
