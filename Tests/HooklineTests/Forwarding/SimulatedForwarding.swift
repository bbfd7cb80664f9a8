import MicroHTTP
import POSIX
import Synchronization
import TestSupport

@testable import Hookline

/// A worker between a queue in memory and a destination that is a function, in a time that passes
/// only while nothing is left to do: `run` is the same each time and waits for nothing.
final class SimulatedForwarding: Sendable {
    /// A row of the queue.
    struct Row: Sendable {
        var delivery: Delivery
        var dueMilliseconds: Int64
        var isRunning = false
    }

    /// An attempt that began, and what the queue knew then.
    struct Begun: Sendable {
        var id: Int
        var number: Int
        var milliseconds: Int64
        /// Attempts under way, this one among them.
        var underWay: Int
    }

    struct State: Sendable {
        var nanoseconds: UInt64 = 0
        var rows: [Int64: Row] = [:]
        var wanted = 0
        var ends: [(nanoseconds: UInt64, end: AttemptEnd)] = []
        var events: [(nanoseconds: UInt64, run: @Sendable () -> Void)] = []
        var begun: [Begun] = []
        var changes: [DeliveryChange] = []
        /// The next wait ends at once.
        var isWoken = false
        /// How often everything was brought forward.
        var broughtForward = 0
    }

    /// What the destination does with an attempt at a time: its outcome, and after how long.
    typealias Answer =
        @Sendable (_ attempt: Attempt, _ milliseconds: Int64) -> (
            AttemptOutcome, afterMilliseconds: Int64
        )

    let state = Mutex(State())
    let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])
    private let answer: Answer
    private let log: Log
    private let written = Collected<UInt8>()
    private let late = SetOnce<DeliveryWorker>()

    /// `random` is the jitter of every retry.
    init(
        concurrencyMax: Int = 64, random: Double = 0.5, rate: Double? = nil,
        answer: @escaping Answer
    ) throws {
        self.answer = answer
        let late = late
        let simulation = SetOnce<SimulatedForwarding>()
        let written = written
        log = Log(format: .json, level: .warning) { written.add($0) }
        try log.start()
        let clock = StoreClock(
            ClockSource(
                monotonicNanoseconds: { simulation.value?.nanoseconds ?? 0 },
                wallMilliseconds: { simulation.value?.milliseconds ?? 0 }))
        let worker = DeliveryWorker(
            options: DeliveryWorker.Options(
                concurrencyMax: concurrencyMax, immediateConcurrencyMax: 8,
                retryPolicy: RetryPolicy(
                    initialMilliseconds: 1000, factor: 2, capMilliseconds: 900_000,
                    retryAfterMaxMilliseconds: 3_600_000, windowMilliseconds: 86_400_000,
                    random: { random }), clock: clock, rate: rate),
            destination: SimulatedDestination(simulation), metrics: metrics, log: log)
        late.set(worker)
        simulation.set(self)
        worker.connect(
            DeliveryWorker.Links(
                queue: SimulatedQueue(simulation), fallback: try fallback(forward: worker)))
    }

    var worker: DeliveryWorker? { late.value }
    var nanoseconds: UInt64 { state.withLock { $0.nanoseconds } }
    /// Milliseconds since the start.
    var milliseconds: Int64 { Int64(nanoseconds / 1_000_000) }
    var begun: [Begun] { state.withLock { $0.begun } }
    /// Lines of the log, once `run` has ended.
    var lines: [String] {
        String(decoding: written.all, as: UTF8.self).split(separator: "\n").map { String($0) }
    }
    /// Deliveries that are not done.
    var owed: Int { state.withLock { $0.rows.count } }

    /// Adds messages `ids`, due at once.
    func append(_ ids: ClosedRange<Int>) {
        let now = milliseconds
        state.withLock { state in
            for id in ids {
                var webhook = ForwardingBench.webhook(
                    target: Array("/\(id)".utf8), contentType: ForwardingBench.form, body: [])
                webhook = Webhook(
                    kind: .message, priority: .normal, identity: webhook.identity,
                    receivedMilliseconds: now, head: webhook.head, body: [])
                state.rows[Int64(id)] = Row(
                    delivery: Delivery(id: Int64(id), attempt: 0, webhook: webhook),
                    dueMilliseconds: now)
            }
        }
        handOut()
    }

    /// Does something at a time.
    func at(milliseconds: Int64, _ run: @escaping @Sendable () -> Void) {
        state.withLock { $0.events.append((UInt64(milliseconds) * 1_000_000, run)) }
    }

    /// Runs the worker until a time, on this thread. Then it stops, and what is under way has so
    /// long to end.
    func run(untilMilliseconds end: Int64, cutAfterMilliseconds cut: Int64 = 0) {
        at(milliseconds: end) { [late] in
            late.value?.stop(deadlineNanoseconds: UInt64(end + cut) * 1_000_000)
        }
        worker?.run()
        log.stop()
    }

    fileprivate func begin(_ attempt: Attempt) {
        let now = milliseconds
        let (outcome, after) = answer(attempt, now)
        let end = AttemptEnd(
            tag: attempt.tag, outcome: outcome, durationNanoseconds: UInt64(after) * 1_000_000)
        state.withLock { state in
            state.ends.append((UInt64(now + after) * 1_000_000, end))
            let id = Int(String(decoding: attempt.webhook[.target].dropFirst(), as: UTF8.self))
            state.begun.append(
                Begun(
                    id: id ?? 0, number: attempt.number, milliseconds: now,
                    underWay: state.ends.count))
        }
    }

    /// Lets time pass until something happens, at most so long.
    fileprivate func wait(milliseconds: Int, into ends: inout [AttemptEnd]) {
        let limit = nanoseconds + UInt64(milliseconds) * 1_000_000
        let (ended, events) = state.withLock { state in
            let due = (state.wanted > 0 ? Array(state.rows.values) : []).filter { !$0.isRunning }
                .map { UInt64(max(0, $0.dueMilliseconds)) * 1_000_000 }
            let next = (state.ends.map(\.nanoseconds) + state.events.map(\.nanoseconds) + due)
                .filter { $0 >= state.nanoseconds }.min()
            if !state.isWoken {
                state.nanoseconds = min(limit, max(state.nanoseconds, next ?? limit))
            }
            state.isWoken = false
            let now = state.nanoseconds
            defer {
                state.ends.removeAll { $0.nanoseconds <= now }
                state.events.removeAll { $0.nanoseconds <= now }
            }
            return (
                state.ends.filter { $0.nanoseconds <= now }.map(\.end),
                state.events.filter { $0.nanoseconds <= now }.map(\.run)
            )
        }
        ends += ended
        for event in events { event() }
        handOut()
    }

    fileprivate func wake() { state.withLock { $0.isWoken = true } }

    fileprivate func want(_ count: Int) {
        state.withLock { $0.wanted += count }
        handOut()
    }

    fileprivate func record(_ changes: [DeliveryChange]) {
        state.withLock { state in
            state.changes += changes
            for change in changes { Self.apply(change, to: &state.rows) }
        }
    }

    fileprivate func bringForward() {
        state.withLock { state in
            state.broughtForward += 1
            let now = Int64(state.nanoseconds / 1_000_000)
            for (id, row) in state.rows where !row.isRunning {
                state.rows[id]?.dueMilliseconds = min(row.dueMilliseconds, now)
            }
        }
    }

    private static func apply(_ change: DeliveryChange, to rows: inout [Int64: Row]) {
        switch change {
        case .complete(let id, _, _, _): rows[id] = nil
        case .deadLetter(let id, _, _, _): rows[id] = nil
        case .replies: break
        case .retry(let id, let due, _, _):
            rows[id]?.isRunning = false
            rows[id]?.dueMilliseconds = due
        case .release(let id):
            rows[id]?.isRunning = false
            rows[id]?.dueMilliseconds = 0
        case .unclaim(let id):
            rows[id]?.isRunning = false
            rows[id]?.delivery.attempt -= 1
        case .hold: break
        }
    }

    /// Claims what is wanted and due, the earliest first.
    private func handOut() {
        let claimed = state.withLock { state -> [Delivery] in
            guard state.wanted > 0 else { return [] }
            let now = Int64(state.nanoseconds / 1_000_000)
            let due = state.rows.values.filter { !$0.isRunning && $0.dueMilliseconds <= now }
                .sorted {
                    ($0.dueMilliseconds, $0.delivery.id) < ($1.dueMilliseconds, $1.delivery.id)
                }
                .prefix(max(0, state.wanted))
            state.wanted -= due.count
            return due.map { row in
                state.rows[row.delivery.id]?.isRunning = true
                state.rows[row.delivery.id]?.delivery.attempt += 1
                var delivery = row.delivery
                delivery.attempt += 1
                return delivery
            }
        }
        if !claimed.isEmpty { worker?.take(claimed) }
    }

    private func fallback(forward worker: DeliveryWorker) throws -> CommitFallback {
        let folder = try TemporaryFolder()
        let store = SQLiteQueue(
            options: SQLiteQueue.Options(
                path: "\(folder.path)/unused", batchRowsMax: 1, waitingMax: 1, owedMax: 1,
                checkpointBytes: 1, unverifiedMax: UnverifiedRows.Size(),
                dedupeRetentionMilliseconds: 1),
            callbacks: SQLiteQueue.Callbacks(
                replied: {}, claimed: { _ in }, verify: { _, _, _ in .undecided },
                awaited: { _ in }, failed: { _ in }, unwritten: { _ in }, broken: { _ in }),
            metrics: metrics)
        return CommitFallback(
            options: CommitFallback.Options(
                storeNanoseconds: 1, immediateNanoseconds: 2, immediateConcurrencyMax: 8,
                waitingMax: 8), store: store, metrics: metrics,
            journal: DirectDeliveryJournal(
                path: "\(folder.path)/taken", log: Log(format: .text, level: .critical)),
            forward: { worker.forwardNow($0, deadlineNanoseconds: $1) })
    }
}

/// The simulation as a destination.
private struct SimulatedDestination: Destination {
    let simulation: SetOnce<SimulatedForwarding>

    init(_ simulation: SetOnce<SimulatedForwarding>) { self.simulation = simulation }

    func open(attemptsMax: Int) throws(DestinationError) -> any OpenDestination {
        OpenSimulatedDestination(simulation)
    }
}

private final class OpenSimulatedDestination: OpenDestination {
    private let simulation: SetOnce<SimulatedForwarding>

    init(_ simulation: SetOnce<SimulatedForwarding>) { self.simulation = simulation }

    var wake: @Sendable () -> Void { { [simulation] in simulation.value?.wake() } }

    func begin(_ attempt: Attempt) { simulation.value?.begin(attempt) }

    func wait(milliseconds: Int, into ends: inout [AttemptEnd]) throws(DestinationError) {
        simulation.value?.wait(milliseconds: milliseconds, into: &ends)
    }
}

/// The simulation as a queue.
private struct SimulatedQueue: DeliverySource {
    let simulation: SetOnce<SimulatedForwarding>

    init(_ simulation: SetOnce<SimulatedForwarding>) { self.simulation = simulation }

    func want(_ count: Int) { simulation.value?.want(count) }

    func bringForward() { simulation.value?.bringForward() }

    func record(_ changes: [DeliveryChange]) { simulation.value?.record(changes) }
}
