import POSIX
import Redis
import Synchronization

/// Writes down what became of claimed deliveries, and goes on trying while Redis is away. Any
/// thread. A result counts only while this process still owns the entry: the scripts look.
final class RedisResultWriter: Sendable {
    private struct State: Sendable {
        /// Changes that could not be written yet.
        var waiting: [DeliveryChange] = []
        /// Changes that were sent.
        var underWay = 0
    }

    private let options: RedisQueue.Options
    private let writer: RedisClient
    private let leases: RedisLeases
    private let ledger: RedisLossDetector
    private let metrics: RedisQueueMetrics
    private let clock: StoreClock
    private let state = Mutex(State())

    init(
        _ options: RedisQueue.Options, writer: RedisClient, leases: RedisLeases,
        ledger: RedisLossDetector, metrics: RedisQueueMetrics, clock: StoreClock
    ) {
        self.clock = clock
        self.options = options
        self.writer = writer
        self.leases = leases
        self.ledger = ledger
        self.metrics = metrics
    }

    /// Changes that are sent at once after an outage: the writer takes a batch as a whole or not at
    /// all, and appends need its room too.
    private static let sliceMax = 1024

    /// Changes that are not written yet.
    var backlog: Int { state.withLock { $0.waiting.count + $0.underWay } }

    /// True when nothing waits to be written.
    var isIdle: Bool { state.withLock { $0.waiting.isEmpty && $0.underWay == 0 } }

    /// Sends changes; those that fail wait for `retry()`.
    func record(_ changes: [DeliveryChange]) {
        guard !changes.isEmpty else { return }
        let deadline = MonotonicClock.now() + options.budgetNanoseconds * 4
        let requests = changes.compactMap { request($0, deadline) }
        state.withLock { $0.underWay += requests.count }
        writer.send(requests)
    }

    /// Sends a slice of what could not be written. A turn of the claims' thread, or the stop.
    func retry() {
        guard !writer.isOpen else { return }
        let changes = state.withLock { state in
            let slice = Array(state.waiting.prefix(max(0, Self.sliceMax - state.underWay)))
            state.waiting.removeFirst(slice.count)
            return slice
        }
        record(changes)
    }

    /// Goes on until everything is written, at most until the deadline.
    func drain(untilNanoseconds deadline: UInt64) {
        let pause = WakeSignal()
        while !isIdle && MonotonicClock.now() < deadline {
            retry()
            pause.wait(untilNanoseconds: MonotonicClock.now() + 5_000_000)
        }
    }

    private func request(_ change: DeliveryChange, _ deadline: UInt64) -> RedisRequest? {
        switch change {
        case .complete(let id, _, _, _):
            return request(change, id, QueueScripts.complete, deadline) { _ in ([], []) }
        case .retry(let id, let due, let failure, _):
            let wait = max(0, due - clock.nowMilliseconds)
            return putBack(change, id, wait, deadline, failure, attemptsOf: { $0.attempt })
        case .release(let id), .unclaim(let id):
            return putBack(change, id, 0, deadline, nil, attemptsOf: { $0.attempt - 1 })
        case .deadLetter(let id, let reason, let failure, _):
            return request(change, id, QueueScripts.deadLetter, deadline) {
                [options, clock] lease in
                (
                    [options.keys.dead, options.keys.clock],
                    [
                        Array(reason.rawValue.utf8), Array(lease.priority.rawValue.utf8),
                        StreamEntry.text(lease.attempt),
                    ] + StreamEntry.values(failure, clock)
                )
            }
        // Replies need the queue in SQLite; the configuration says so.
        case .hold, .replies:
            // Only the fallback under SQLite forwards what it has not claimed.
            return nil
        }
    }

    private func putBack(
        _ change: DeliveryChange, _ id: Int64, _ wait: Int64, _ deadline: UInt64,
        _ failure: AttemptFailure?, attemptsOf: @Sendable (RedisLease) -> Int
    ) -> RedisRequest? {
        request(change, id, QueueScripts.retry, deadline) { [options, clock] lease in
            let identity = lease.webhook?.identity ?? Identity(stored: [])
            return (
                [
                    options.keys.due(lease.priority), options.keys.received(lease.priority),
                    options.keys.retryable(lease.priority), options.keys.seen(identity),
                    options.keys.clock,
                ],
                [StreamEntry.text(wait), StreamEntry.text(max(0, attemptsOf(lease)))]
                    + StreamEntry.values(failure, clock)
            )
        }
    }

    private func request(
        _ change: DeliveryChange, _ id: Int64, _ script: RedisScript, _ deadline: UInt64,
        more: (RedisLease) -> (keys: [[UInt8]], arguments: [[UInt8]])
    ) -> RedisRequest? {
        guard let lease = leases[id] else { return nil }
        let extra = more(lease)
        return script.request(
            on: writer, keys: [options.keys.stream(lease.priority)] + extra.keys,
            arguments: [
                RedisQueueKeys.group, Array(options.consumer.utf8), lease.entry,
                StreamEntry.text(lease.deliveries),
            ] + extra.arguments, deadlineNanoseconds: deadline
        ) { [self] outcome in judge(outcome, change, id, lease) }
    }

    /// The writer's thread, or the caller's when Redis is not asked.
    private func judge(
        _ outcome: RedisOutcome, _ change: DeliveryChange, _ id: Int64, _ lease: RedisLease
    ) {
        guard case .reply(let reply) = outcome, let code = reply.integer else {
            return leave(change)
        }
        switch (code, change) {
        case (-2, .retry):
            return restore(change, id, lease, attempts: lease.attempt)
        case (-2, .release), (-2, .unclaim):
            return restore(change, id, lease, attempts: lease.attempt - 1)
        case (0, _):
            metrics.changedHands(.fenced)
        case (1, .complete), (1, .deadLetter):
            ledger.ended()
        default:
            break
        }
        finish(id)
    }

    /// Redis has lost the entry and every trace of it, and it is still owed: it is appended anew.
    private func restore(
        _ change: DeliveryChange, _ id: Int64, _ lease: RedisLease, attempts: Int
    ) {
        guard let webhook = lease.webhook else { return finish(id) }
        let append = RedisQueue.Append(
            webhook: webhook, ageMilliseconds: leases.ages.age(of: lease),
            deadlineNanoseconds: MonotonicClock.now() + options.budgetNanoseconds * 4)
        writer.send(
            QueueScripts.appendRequest(append, attempts: attempts, options, on: writer) {
                [self] answer in
                switch answer {
                case .stored, .duplicate: finish(id)
                case .refused, .unknown: leave(change)
                }
            })
    }

    private func leave(_ change: DeliveryChange) {
        state.withLock { state in
            state.underWay -= 1
            state.waiting.append(change)
        }
    }

    private func finish(_ id: Int64) {
        leases.end(id)
        state.withLock { $0.underWay -= 1 }
    }
}
