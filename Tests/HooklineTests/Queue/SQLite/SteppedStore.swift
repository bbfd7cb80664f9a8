import POSIX
import SQLite
import Synchronization
import TestSupport

@testable import Hookline

/// A store thread that runs on the test's own thread, on a simulated disk and in time of its own:
/// whenever it would wait, what comes next happens.
final class SteppedStore: @unchecked Sendable {
    // Unchecked: all of it runs on one thread.

    /// Where its database is.
    let disk = Disk()
    /// How often it has waited.
    private(set) var waits = 0
    /// What was claimed, at which millisecond.
    private(set) var claimed: [(milliseconds: Int, id: Int64)] = []
    private var events: [(milliseconds: Int, action: (SQLiteQueue) -> Void)] = []
    private let began: UInt64 = 1_000_000_000_000
    private let time: Atomic<UInt64>

    init() { time = Atomic(began) }

    /// The time since the beginning.
    var milliseconds: Int { Int((time.load(ordering: .relaxed) - began) / 1_000_000) }

    /// Something happens at a time; in the order of times.
    func at(_ milliseconds: Int, _ action: @escaping (SQLiteQueue) -> Void) {
        events.append((milliseconds, action))
    }

    /// Runs until `end`, with at most so many waits.
    @discardableResult
    func run(until end: Int, waitsMax: Int = 10_000) throws -> StoreThread.End {
        at(end) { [disk] queue in
            disk.count()
            disk.rates = .init()
            queue.stop()
        }
        let source = ClockSource(
            monotonicNanoseconds: { [self] in time.load(ordering: .relaxed) },
            wallMilliseconds: { [self] in 1_700_000_000_000 + Int64(milliseconds) })
        disk.wallMilliseconds = source.wallMilliseconds()
        let clock = StoreClock(source)
        let queues = SetOnce<SQLiteQueue>()
        let queue = SQLiteQueue(
            options: SQLiteQueue.Options(
                path: disk.path("/store"), batchRowsMax: 512, waitingMax: 100, owedMax: 1000,
                checkpointBytes: 1 << 20, unverifiedMax: UnverifiedRows.Size(),
                dedupeRetentionMilliseconds: 1_000_000),
            callbacks: SQLiteQueue.Callbacks(
                replied: {},
                claimed: { [self] in claimed += $0.map { (milliseconds, $0.id) } },
                verify: { _, _, _ in .undecided }, awaited: { _ in }, failed: { _ in },
                unwritten: { _ in }, broken: { _ in }),
            metrics: ReceiverMetrics(eventLoops: 1, thresholdSeconds: []), clock: clock,
            bell: WakeSignal(waiting: { [self] bell, until in
                guard let queue = queues.value else { return }
                waits += 1
                if waits > waitsMax { return giveUp(queue) }
                step(queue, bell, until ?? .max)
            }))
        queues.set(queue)
        let store = try DeliveryStore(path: queue.options.path, clock: clock)
        var thread = StoreThread(store: store, group: queue)
        return thread.run()
    }

    private func step(_ queue: SQLiteQueue, _ bell: WakeSignal, _ until: UInt64) {
        while !bell.isRung {
            let next = events.first.map { began + UInt64($0.milliseconds) * 1_000_000 }
            guard let next, next <= until else { return move(to: until) }
            move(to: next)
            events.removeFirst().action(queue)
        }
    }

    private func giveUp(_ queue: SQLiteQueue) {
        disk.count()
        disk.rates = .init()
        queue.stop()
    }

    private func move(to nanoseconds: UInt64) {
        time.store(max(nanoseconds, time.load(ordering: .relaxed)), ordering: .relaxed)
    }
}
