import POSIX
import Redis
import Synchronization

/// The thread that claims deliveries from the shared queue, renews their leases and looks after
/// the queue between two claims.
final class RedisClaimer: Sendable {
    private let options: RedisQueue.Options
    private let reader: RedisClient
    private let leases: RedisLeases
    private let watch: RedisQueueMonitor
    private let recorder: RedisResultWriter
    private let metrics: RedisQueueMetrics
    private let log: Log
    private let clock: StoreClock
    private let claimed: @Sendable ([Delivery]) -> Void
    private let catchUp: RedisCatchUp
    private let wanted = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)
    private let bell = WakeSignal()

    /// Results that may wait to be written before nothing more is claimed.
    private static let backlogMax = 4096

    /// When something is due next, by the monotonic clock. The thread's own.
    private struct Timetable {
        var reclaim: UInt64 = 0
        var renew: UInt64 = 0
        var poll: UInt64 = 0
        var record: UInt64 = 0
        var tidy: UInt64 = 0
        /// Places since text had one.
        var sinceText = 0
        /// Consumers whose entries are to be taken over at once: the process before this one, and
        /// this one when the answer to a claim was lost.
        var gone: [String] = []
    }

    init(
        _ options: RedisQueue.Options, reader: RedisClient, leases: RedisLeases,
        watch: RedisQueueMonitor,
        recorder: RedisResultWriter, metrics: RedisQueueMetrics, log: Log, clock: StoreClock,
        claimed: @escaping @Sendable ([Delivery]) -> Void
    ) {
        self.options = options
        self.reader = reader
        self.leases = leases
        self.watch = watch
        self.recorder = recorder
        self.metrics = metrics
        self.log = log
        self.clock = clock
        self.claimed = claimed
        catchUp = RedisCatchUp(keys: options.keys)
    }

    /// Asks for `count` more deliveries. Any thread.
    func want(_ count: Int) {
        wanted.add(count, ordering: .relaxed)
        bell.ring()
    }

    /// Lets everything that waits now be claimed, whenever it is due. Any thread.
    func bringForward() {
        catchUp.begin()
        bell.ring()
    }

    /// Ends the thread after its turn. Any thread.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        bell.ring()
    }

    /// Turns until `stop()`: keep what is claimed, claim what is wanted, wait for more.
    func run() {
        var times = Timetable()
        times.gone = [options.predecessor].compactMap(\.self)
        while !isStopping.load(ordering: .relaxed) {
            let now = MonotonicClock.now()
            keep(&times, now)
            // While results cannot be written, work goes on as long as they can be kept in mind.
            let room = min(
                wanted.load(ordering: .relaxed), Self.backlogMax - recorder.backlog)
            guard room > 0 else {
                bell.wait(untilNanoseconds: now + 200_000_000)
                continue
            }
            guard let claim = claim(room, &times, now) else {
                bell.wait(untilNanoseconds: now + 200_000_000)
                continue
            }
            handOut(claim)
            if claim.leases.count < room && !catchUp.isRunning {
                awaitMore(room - claim.leases.count, claim, &times)
            }
        }
    }

    /// What is due between two claims.
    private func keep(_ times: inout Timetable, _ now: UInt64) {
        if now >= times.renew {
            let isRenewed = DeliveryPriority.allCases.allSatisfy { renew($0) }
            times.renew = now + (isRenewed ? leaseNanoseconds / 3 : 200_000_000)
        }
        if now >= times.record {
            times.record = now + 200_000_000
            recorder.retry()
        }
        if now >= times.poll {
            times.poll = now + UInt64(options.pollMilliseconds) * 1_000_000
            watch.poll()
            watch.trimDeadLetters()
        }
        if now >= times.tidy {
            times.tidy = now + 3_600_000_000_000
            watch.tidy()
        }
    }

    private func claim(_ room: Int, _ times: inout Timetable, _ now: UInt64) -> RedisClaim? {
        catchUp.turn(on: reader, deadlineNanoseconds: now + options.budgetNanoseconds * 4)
        let isReclaiming = now >= times.reclaim
        let keys = DeliveryPriority.allCases.flatMap { priority in
            [
                options.keys.stream(priority), options.keys.due(priority),
                options.keys.received(priority), options.keys.retryable(priority),
            ]
        }
        let outcome = reader.run(
            QueueScripts.claim, keys: keys + [options.keys.dead, options.keys.clock],
            arguments: [
                RedisQueueKeys.group, Array(options.consumer.utf8), StreamEntry.text(room),
                StreamEntry.text((times.sinceText + room) / 4),
                StreamEntry.text(isReclaiming ? options.silenceMilliseconds : 0),
                StreamEntry.text(options.deliveriesMax), Array((times.gone.first ?? "").utf8),
            ] + knownEntries(times), deadlineNanoseconds: now + options.budgetNanoseconds * 4)
        guard case .reply(let reply) = outcome, let claim = RedisClaim(reply) else {
            noteLost(outcome, &times)
            notePrepare(outcome)
            return nil
        }
        if let present = claim.presentMilliseconds { leases.ages.note(present) }
        if claim.reclaimed == 0 && !times.gone.isEmpty { times.gone.removeFirst() }
        // As long as there is more to take over than room for it, it comes first.
        if isReclaiming && claim.reclaimed < room { times.reclaim = now + leaseNanoseconds / 12 }
        let hasText = claim.leases.contains { $0.priority == .normal }
        times.sinceText = hasText ? 0 : min(3, times.sinceText + claim.leases.count)
        metrics.changedHands(.reclaimed, claim.reclaimed)
        metrics.changedHands(.poisoned, claim.poisoned)
        if claim.lost > 0 {
            watch.noticed(RedisLossDetector.Loss(messages: claim.lost, isTotal: false))
        }
        return claim
    }

    /// Waits in Redis for the next message, until something else is due.
    private func awaitMore(_ room: Int, _ claim: RedisClaim, _ times: inout Timetable) {
        let now = MonotonicClock.now()
        let next = [times.renew, times.reclaim, times.poll].reduce(UInt64.max) { min($0, $1) }
        let untilNext = next > now ? Int64((next - now) / 1_000_000) : 0
        let block = max(
            1, min(options.blockMilliseconds, untilNext, claim.nextDueMilliseconds ?? .max))
        let keys = DeliveryPriority.allCases.map { options.keys.stream($0) }
        let words = ["XREADGROUP", "GROUP"].map { Array($0.utf8) }
        let command = RedisCommand(words).with(RedisQueueKeys.group).with(options.consumer)
            // Each stream may give as many.
            .with("COUNT").with(max(1, room / 2)).with("BLOCK").with(block).with("STREAMS")
            .with(keys[0]).with(keys[1]).with(">").with(">")
        let blockNanoseconds = UInt64(block) * 1_000_000
        let outcome = reader.ask(
            command, deadlineNanoseconds: now + blockNanoseconds + options.budgetNanoseconds * 4,
            blockNanoseconds: blockNanoseconds)
        guard case .reply(let reply) = outcome,
            let more = RedisClaim(reading: reply, keys: options.keys)
        else {
            noteLost(outcome, &times)
            return notePrepare(outcome)
        }
        handOut(more)
    }

    /// The entries that this process works on, where it looks for others that are its own.
    private func knownEntries(_ times: Timetable) -> [[UInt8]] {
        guard times.gone.first == options.consumer else { return [] }
        return DeliveryPriority.allCases.flatMap { leases.all($0).map(\.entry) }
    }

    /// Redis may have given entries to this process which it never heard of: they are looked for,
    /// so that they need not wait for their lease's end.
    private func noteLost(_ outcome: RedisOutcome, _ times: inout Timetable) {
        guard case .unknown = outcome, !times.gone.contains(options.consumer) else { return }
        times.gone.append(options.consumer)
    }

    private func handOut(_ claim: RedisClaim) {
        let deliveries = claim.leases.compactMap { lease in
            lease.webhook.map { webhook in
                Delivery(
                    id: leases.add(lease), attempt: lease.attempt, webhook: webhook,
                    owedMilliseconds: clock.nowMilliseconds - leases.ages.age(of: lease))
            }
        }
        if !claim.damaged.isEmpty {
            recorder.record(
                claim.damaged.map { .deadLetter(id: leases.add($0.lease), reason: $0.reason) })
        }
        guard !deliveries.isEmpty else { return }
        wanted.subtract(deliveries.count, ordering: .relaxed)
        claimed(deliveries)
    }

    /// Tells Redis that this process lives; false when it did not hear.
    private func renew(_ priority: DeliveryPriority) -> Bool {
        let owned = leases.all(priority)
        guard !owned.isEmpty else { return true }
        let outcome = reader.run(
            QueueScripts.renew, keys: [options.keys.stream(priority)],
            arguments: [RedisQueueKeys.group, Array(options.consumer.utf8)]
                + owned.flatMap { [$0.entry, StreamEntry.text($0.deliveries)] },
            deadlineNanoseconds: MonotonicClock.now() + options.budgetNanoseconds * 4)
        guard case .reply(let reply) = outcome, reply.firstError == nil else { return false }
        return true
    }

    /// Redis lost the groups: they are made anew, from the first entry on.
    private func notePrepare(_ outcome: RedisOutcome) {
        if case .reply(.error(let error)) = outcome, error.kind == .noGroup { watch.prepare() }
    }

    private var leaseNanoseconds: UInt64 { UInt64(options.leaseMilliseconds) * 1_000_000 }
}
