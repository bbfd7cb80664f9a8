import POSIX
import SQLite
import TestSupport

@testable import Hookline

/// One process of the receiver from the commit to the application: store, queue, fallback,
/// journal and worker are the real ones; their threads take turns.
final class SimulatedReceiver: @unchecked Sendable {
    // Unchecked: one of all threads runs at a time.

    /// What a simulation sets for all its processes.
    struct Settings {
        var batchRowsMax = 512
        var waitingMax = 4096
        var owedMax = 1_000_000
        var checkpointBytes = 1 << 20
        var concurrencyMax = 8
        var repliesBeforeCommit = false
        var synchronousOff = false
        var repeatMilliseconds = SimulatedReceiver.repeatMilliseconds
    }

    static let database = "/store"
    static let journal = "/taken"
    /// How long each step has after the request: the defaults of the settings.
    static let storeNanoseconds: UInt64 = 1_000_000_000
    static let immediateNanoseconds: UInt64 = 1_900_000_000
    static let repeatMilliseconds: Int64 = 4_000

    /// What the store counts by.
    let time: StoreClock
    let queue: SQLiteQueue
    let fallback: CommitFallback
    let worker: DeliveryWorker
    let destination: SimulatedDestination
    let store = SimulatedThread(name: "store")
    let forwarding = SimulatedThread(name: "forwarding")
    /// True once the store is open.
    var isOpen = false
    /// Why it could not be opened.
    private(set) var failure: StoreError?
    private(set) var isDead = false
    private(set) var isStopping = false
    /// Called after a failed fsync.
    var broken: () -> Void = {}
    let disk: Disk
    let damage: SimulatedDamage
    /// The store, while one is open.
    weak var opened: DeliveryStore?
    private let clock: SimulatedClock
    private var gathered: [() -> Void] = []
    private var receipts: [SimulatedReceipt] = []

    /// A process that has not taken its first turn.
    init(
        on disk: Disk, _ damage: SimulatedDamage, _ clock: SimulatedClock,
        _ destination: SimulatedDestination, _ settings: Settings,
        random: @escaping @Sendable () -> Double
    ) {
        (self.disk, self.clock, self.destination) = (disk, clock, destination)
        self.damage = damage
        disk.wallMilliseconds = clock.wallMilliseconds
        let time = StoreClock(
            ClockSource(
                monotonicNanoseconds: { clock.now }, wallMilliseconds: { clock.wallMilliseconds }))
        self.time = time
        let parts = Parts()
        let journal = DirectDeliveryJournal(storage: .simulated(disk), log: Self.log)
        let queue = SQLiteQueue(
            options: SQLiteQueue.Options(
                path: disk.path(Self.database), batchRowsMax: settings.batchRowsMax,
                waitingMax: settings.waitingMax, owedMax: settings.owedMax,
                checkpointBytes: settings.checkpointBytes, unverifiedMax: UnverifiedRows.Size(),
                dedupeRetentionMilliseconds: 15_000,
                repeatMilliseconds: settings.repeatMilliseconds,
                synchronousOff: settings.synchronousOff),
            callbacks: SQLiteQueue.Callbacks(
                replied: {
                    parts.receiver?.noteMark()
                    parts.receiver?.reply()
                },
                claimed: {
                    parts.receiver?.noteMark()
                    parts.receiver?.worker.take($0)
                },
                verify: { _, _, _ in .undecided }, awaited: { _ in },
                failed: { parts.receiver?.fallback.failed($0) },
                unwritten: { journal.append($0) },
                broken: { _ in parts.receiver?.broken() },
                corrupt: { _ in damage.corrupt += 1 }, salvaged: { damage.salvaged($0) }),
            metrics: Self.metrics, clock: time,
            bell: WakeSignal(waiting: { bell, until in
                parts.receiver?.store.pause(
                    .waiting(isWoken: { bell.isRung }, until: until ?? .max))
            }))
        self.queue = queue
        fallback = CommitFallback(
            options: CommitFallback.Options(
                storeNanoseconds: Self.storeNanoseconds,
                immediateNanoseconds: Self.immediateNanoseconds, immediateConcurrencyMax: 4,
                waitingMax: 32, repliesBeforeCommit: settings.repliesBeforeCommit),
            store: queue, metrics: Self.metrics, journal: journal,
            forward: { parts.receiver?.worker.forwardNow($0, deadlineNanoseconds: $1) })
        worker = DeliveryWorker(
            options: DeliveryWorker.Options(
                concurrencyMax: settings.concurrencyMax, immediateConcurrencyMax: 4,
                retryPolicy: RetryPolicy(
                    initialMilliseconds: 50, factor: 2, capMilliseconds: 2000,
                    retryAfterMaxMilliseconds: 1000, windowMilliseconds: 86_400_000,
                    random: random), clock: time),
            destination: destination, metrics: Self.metrics, log: Self.log)
        worker.connect(DeliveryWorker.Links(queue: queue, fallback: fallback))
        parts.receiver = self
        let forwarder = worker
        forwarding.begin { forwarder.run() }
        destination.thread = forwarding
        store.begin { [unowned self] in
            do throws(StoreError) {
                try live(journal, settings)
            } catch {
                failure = error
            }
        }
    }

    /// The parts call each other through it; it is empty until all are there.
    private final class Parts: @unchecked Sendable {
        // Unchecked: one of all threads runs at a time.
        weak var receiver: SimulatedReceiver?
    }

    // Counting is no part of the simulation, and costs much to set up.
    private static let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])
    private static let log = Log(format: .text, level: .critical)

    // MARK: The event loops

    /// True while it takes requests.
    var isServing: Bool { isOpen && !isDead && !isStopping }

    /// Requests have come whole: their validation takes no time here.
    func receive(_ requests: [(message: Message, answer: (SimulatedAnswer) -> Void)]) {
        let pending = requests.map { message, answer in
            let receipt = SimulatedReceipt(self, at: clock.now, answer: answer)
            receipts.append(receipt)
            return PendingWebhook(
                webhook: message.webhook(receivedMilliseconds: clock.wallMilliseconds),
                receivedNanoseconds: clock.now, receipt: receipt)
        }
        fallback.commit(pending)
    }

    /// A reply that leaves with those of its batch.
    func gather(_ leave: @escaping () -> Void) { gathered.append(leave) }

    private func reply() {
        let replies = gathered
        gathered = []
        for leave in replies { leave() }
    }

    /// Requests that have no answer, in the order in which they came.
    var unanswered: [SimulatedReceipt] {
        receipts.removeAll { !$0.isOpen }
        return receipts
    }

    // MARK: The end

    /// A graceful stop begins: no more requests.
    func refuse() {
        isStopping = true
        worker.drain()
    }

    /// Then forwarding ends, and the store after it.
    func stopForwarding(until deadline: UInt64) { worker.stop(deadlineNanoseconds: deadline) }

    /// The process is gone without a stop.
    func kill() {
        guard !isDead else { return }
        isDead = true
        disk.stop()
        for receipt in receipts { receipt.cut() }
    }

    /// Lets the threads of a dead process end: nothing that they do has an effect.
    func unwind() {
        kill()
        worker.stop(deadlineNanoseconds: 0)
        while !forwarding.isEnded { forwarding.turn() }
        queue.stop()
        while !store.isEnded { store.turn() }
    }
}

extension JournalStorage {
    /// On a simulated disk.
    static func simulated(_ disk: Disk) -> Self {
        let file = DiskFile(disk: disk)
        let failure = POSIXError(operation: "write", code: 5, message: "simulated")
        return Self(
            name: SimulatedReceiver.journal,
            read: { _ in file.disk.bytes(SimulatedReceiver.journal) },
            append: { bytes throws(POSIXError) in
                guard file.disk.append(bytes, to: SimulatedReceiver.journal) else { throw failure }
            },
            remove: { () throws(POSIXError) in
                guard file.disk.remove(SimulatedReceiver.journal) else { throw failure }
            })
    }

    private struct DiskFile: @unchecked Sendable {
        // Unchecked: one of all threads runs at a time.
        let disk: Disk
    }
}
