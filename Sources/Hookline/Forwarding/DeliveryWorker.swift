import POSIX
import Synchronization

/// Forwards deliveries until stopped: this is the table of contents of forwarding.
final class DeliveryWorker: Sendable {
    /// What waits for the forwarding thread.
    private struct Inbox: Sendable {
        var claimed: [Delivery] = []
        var immediate: [ImmediateWebhook] = []
        /// Nothing more is claimed.
        var isDraining = false
        /// When what is under way is cut, by the monotonic clock; nil until the stop.
        var cutNanoseconds: UInt64?
        /// Nobody looks in here any more.
        var isClosed = false
    }

    /// What the worker needs; fixed for its life.
    struct Options: Sendable {
        /// Deliveries that are forwarded at once.
        var concurrencyMax: Int
        /// Webhooks that are in immediate processing at once; they come on top.
        var immediateConcurrencyMax: Int
        var retryPolicy: RetryPolicy
        var clock = StoreClock()
        /// Which destination it forwards to, and its name where there are several.
        var destination = DestinationNumber.first
        var name: String?
        /// Attempts that begin in a second; nil for no limit.
        var rate: Double?

        /// The pace begins with everything that may be.
        var pace: DestinationPace.Options {
            DestinationPace.Options(
                attemptsMax: concurrencyMax,
                holdNanosecondsMax: UInt64(retryPolicy.retryAfterMaxMilliseconds) * 1_000_000)
        }
    }

    private let options: Options
    private let destination: any Destination
    private let judge: AttemptJudge
    private let log: Log
    private let inbox = Mutex(Inbox())
    private let waker = Mutex<Waker?>(nil)
    private let links = SetOnce<Links>()
    private let underWay = Atomic<Int>(0)
    private let allowed: Atomic<Int>

    /// How the thread is woken while it runs. Not the function itself: a lock would wrap it again
    /// at each look.
    private struct Waker: Sendable {
        let wake: @Sendable () -> Void
    }

    /// Who hears what became of deliveries; set once, before the thread starts.
    struct Links: Sendable {
        var queue: any DeliverySource
        var fallback: CommitFallback
    }

    init(
        options: Options, destination: any Destination, metrics: ReceiverMetrics, log: Log,
        replies: ReplyRecorder? = nil
    ) {
        self.options = options
        self.destination = destination
        self.log = log
        allowed = Atomic(options.concurrencyMax)
        judge = AttemptJudge(
            retryPolicy: options.retryPolicy, metrics: metrics, log: log, clock: options.clock,
            destination: options.name, replies: replies)
    }

    /// Attempts that are under way. Any thread.
    var attemptsUnderWay: Int { underWay.load(ordering: .relaxed) }

    /// Attempts of deliveries that may be under way at the destination's present pace. Any thread.
    var attemptsAllowed: Int { allowed.load(ordering: .relaxed) }

    /// Connects the worker with the queue; before `run()`.
    func connect(_ links: Links) { self.links.set(links) }

    /// Takes claimed deliveries. The thread of the queue.
    func take(_ deliveries: [Delivery]) {
        let isClosed = inbox.withLock { inbox in
            if !inbox.isClosed { inbox.claimed.append(contentsOf: deliveries) }
            return inbox.isClosed
        }
        guard isClosed else { return wake() }
        links.value?.queue.record(deliveries.map { .unclaim(id: $0.id) })
    }

    /// Forwards one webhook at once, whose store is late; it must end by the deadline.
    func forwardNow(_ pending: PendingWebhook, deadlineNanoseconds: UInt64) {
        inbox.withLock {
            $0.immediate.append(
                ImmediateWebhook(pending: pending, deadlineNanoseconds: deadlineNanoseconds))
        }
        wake()
    }

    /// The stop begins: no delivery is begun any more, and what was claimed is given back.
    /// Attempts under way go on, and so does immediate processing. Any thread.
    func drain() {
        inbox.withLock { $0.isDraining = true }
        wake()
    }

    /// Begins nothing more, not even immediate processing, and ends the thread: when no attempt is
    /// under way, or at the deadline, which cuts the rest. Any thread.
    func stop(deadlineNanoseconds: UInt64) {
        inbox.withLock { inbox in
            inbox.isDraining = true
            inbox.cutNanoseconds = deadlineNanoseconds
        }
        wake()
    }

    /// Forwards until `stop`: claim → forward → judge → record. The forwarding thread.
    func run() {
        guard let links = links.value else { return }
        var attempts = AttemptsUnderWay(
            pace: DestinationPace(options.pace), rate: RateLimit(perSecond: options.rate))
        var notice = PaceNotice(
            log: log, clock: options.clock, destination: options.name)
        do throws(DestinationError) {
            let open = try destination.open(
                attemptsMax: options.concurrencyMax + options.immediateConcurrencyMax)
            waker.withLock { $0 = Waker(wake: open.wake) }
            var ends: [AttemptEnd] = []
            while true {
                let work = takeInbox()
                claim(work, &attempts, links)
                begin(work, on: open, &attempts, links)
                guard let wait = waitMilliseconds(work, attempts) else { break }
                try open.wait(milliseconds: wait, into: &ends)
                keepPace(ends, &attempts, &notice, links)
                record(ends, &attempts, links)
                ends.removeAll(keepingCapacity: true)
            }
        } catch {
            log.write(LogLine(.critical, "cannot forward").with("error", error.description))
            Signals.requestStop()
        }
        waker.withLock { $0 = nil }
        cut(&attempts, links)
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

    /// Asks the queue for as many deliveries as the destination takes; after `drain` for none.
    private func claim(_ work: Inbox, _ attempts: inout AttemptsUnderWay, _ links: Links) {
        attempts.asked -= work.claimed.count
        let now = options.clock.monotonicNanoseconds
        let room = work.isDraining ? 0 : attempts.room(at: now)
        allowed.store(work.isDraining ? 0 : attempts.pace.room(at: now), ordering: .relaxed)
        let missing = room - attempts.deliveries - work.claimed.count - attempts.asked
        // No more can be taken back than was asked for.
        let more = max(missing, -max(0, attempts.asked))
        guard more != 0 else { return }
        attempts.asked += more
        links.queue.want(more)
    }

    private func begin(
        _ work: Inbox, on open: any OpenDestination, _ attempts: inout AttemptsUnderWay,
        _ links: Links
    ) {
        let now = options.clock.monotonicNanoseconds
        for webhook in work.immediate {
            guard work.cutNanoseconds == nil, !attempts.pace.isHeld(at: now) else {
                end(webhook.pending, taken: false, links)
                continue
            }
            open.begin(attempts.add(webhook, nowNanoseconds: now))
        }
        let room = work.isDraining ? 0 : attempts.room(at: now) - attempts.deliveries
        for delivery in work.claimed.prefix(max(0, room)) {
            judge.begins(delivery)
            open.begin(attempts.add(delivery))
        }
        // Claimed before the queue heard that less is wanted.
        let surplus = work.claimed.dropFirst(max(0, room))
        if !surplus.isEmpty { links.queue.record(surplus.map { .unclaim(id: $0.id) }) }
        underWay.store(attempts.count, ordering: .relaxed)
    }

    /// How long to wait for something to happen; nil at the end.
    private func waitMilliseconds(_ work: Inbox, _ attempts: AttemptsUnderWay) -> Int? {
        let now = options.clock.monotonicNanoseconds
        var until = now + 1_000_000_000
        if let cut = work.cutNanoseconds {
            guard attempts.count > 0, now < cut else { return nil }
            until = min(until, cut)
        }
        if !work.isDraining {
            until = min(until, attempts.pace.nextNanoseconds(after: now) ?? .max)
            until = min(until, attempts.rate?.nextNanoseconds(after: now) ?? .max)
        }
        return Int((until - now + 999_999) / 1_000_000)
    }

    /// Goes by how the destination fares.
    private func keepPace(
        _ ends: [AttemptEnd], _ attempts: inout AttemptsUnderWay, _ notice: inout PaceNotice,
        _ links: Links
    ) {
        let now = options.clock.monotonicNanoseconds
        for end in ends {
            // What is left of a reply's deadline may be too short for any application.
            if end.outcome.result == .timeout, attempts.isImmediate(end.tag) { continue }
            if let event = attempts.pace.ended(end.outcome, at: now) {
                notice.note(event, after: end.outcome)
            }
        }
        if attempts.pace.bringsForward(at: now) { links.queue.bringForward() }
    }

    /// Judges the attempts that ended, and writes down what follows.
    private func record(_ ends: [AttemptEnd], _ attempts: inout AttemptsUnderWay, _ links: Links) {
        var changes: [DeliveryChange] = []
        for end in ends {
            switch attempts.remove(end.tag) {
            case .immediate(let pending):
                let age = options.clock.monotonicNanoseconds - pending.receivedNanoseconds
                judge.count(end, of: pending.webhook, ageMilliseconds: Int64(age / 1_000_000))
                self.end(pending, taken: end.outcome.result == .success, links)
            case .delivery(let delivery):
                judge.count(
                    end, of: delivery.webhook, ageMilliseconds: judge.age(of: delivery))
                changes.append(judge.change(after: end.outcome, of: delivery))
                if let replies = judge.replies(after: end.outcome, of: delivery) {
                    changes.append(replies)
                }
            case nil: break
            }
        }
        if !changes.isEmpty { links.queue.record(changes) }
    }

    private func end(_ pending: PendingWebhook, taken: Bool, _ links: Links) {
        links.fallback.immediateEnded(pending, at: options.destination, taken: taken)
    }

    private func wake() { waker.withLock { $0 }?.wake() }

    /// At the end nothing that was claimed stays claimed. What had to be cut is owed at once: the
    /// next process sends it again, with the next attempt's number.
    private func cut(_ attempts: inout AttemptsUnderWay, _ links: Links) {
        let left = inbox.withLock { inbox in
            inbox.isClosed = true
            return inbox
        }
        var changes = left.claimed.map { DeliveryChange.unclaim(id: $0.id) }
        let waiting = left.immediate.map(\.pending)
        let now = options.clock.nowMilliseconds
        for item in attempts.removeAll() {
            switch item {
            case .delivery(let delivery): changes.append(judge.cut(delivery, nowMilliseconds: now))
            case .immediate(let pending): end(pending, taken: false, links)
            }
        }
        for pending in waiting { end(pending, taken: false, links) }
        if !changes.isEmpty { links.queue.record(changes) }
        judge.noteCut(changes.count - left.claimed.count)
        underWay.store(0, ordering: .relaxed)
    }
}
