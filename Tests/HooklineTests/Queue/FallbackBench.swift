import Synchronization
import TestSupport

@testable import Hookline

/// The fallback over a store whose thread does not run: the test commits, fails and tells the time.
final class FallbackBench: Sendable {
    /// When every webhook was received; the deadlines of the fallback count from it.
    static let received: UInt64 = 1_000_000_000_000
    static let millisecond: UInt64 = 1_000_000
    /// The deadlines of the store and of the application, in milliseconds.
    static let storeMilliseconds: UInt64 = 1000
    static let lastMilliseconds: UInt64 = 1900

    let folder: TemporaryFolder
    let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])
    let store: SQLiteQueue
    let fallback: CommitFallback
    let journal: DirectDeliveryJournal
    /// What the application is asked to take at once, with its deadline.
    let forwarded: Collected<(pending: PendingWebhook, deadline: UInt64)>

    init(concurrencyMax: Int = 8, waitingMax: Int = 8, storeWaitingMax: Int = 100) throws {
        let forwarded = Collected<(pending: PendingWebhook, deadline: UInt64)>()
        self.forwarded = forwarded
        folder = try TemporaryFolder()
        store = SQLiteQueue(
            options: SQLiteQueue.Options(
                path: folder.path("store"), batchRowsMax: 512, waitingMax: storeWaitingMax,
                owedMax: 1000, checkpointBytes: 1 << 20, unverifiedMax: UnverifiedRows.Size(),
                dedupeRetentionMilliseconds: 1000),
            callbacks: SQLiteQueue.Callbacks(
                replied: {}, claimed: { _ in }, verify: { _, _, _ in .undecided },
                awaited: { _ in }, failed: { _ in }, unwritten: { _ in }, broken: { _ in }),
            metrics: metrics)
        journal = DirectDeliveryJournal(
            path: folder.path("taken"), log: Log(format: .json, level: .critical))
        fallback = CommitFallback(
            options: CommitFallback.Options(
                storeNanoseconds: Self.storeMilliseconds * Self.millisecond,
                immediateNanoseconds: Self.lastMilliseconds * Self.millisecond,
                immediateConcurrencyMax: concurrencyMax, waitingMax: waitingMax),
            store: store, metrics: metrics, journal: journal,
            forward: { forwarded.add([($0, $1)]) })
    }

    /// A webhook that was received at `received`.
    func pending(
        _ sid: String, isVerified: Bool = true, to destinations: DestinationSet = .first
    ) -> PendingWebhook {
        let plain = sampleWebhook(sid)
        return PendingWebhook(
            webhook: Webhook(
                kind: plain.kind, priority: plain.priority, identity: plain.identity,
                receivedMilliseconds: plain.receivedMilliseconds, head: plain.head,
                body: plain.body, destinations: destinations),
            unverified: isVerified
                ? nil
                : UnverifiedRequest(
                    request: Refused.request(1).request, network: [], isKnownAccount: false),
            receivedNanoseconds: Self.received, receipt: NotedReceipt())
    }

    /// The fallback looks after deadlines, so long after the webhooks were received.
    func tick(milliseconds: UInt64, nanoseconds: UInt64 = 0) {
        fallback.tick(at: Self.received + milliseconds * Self.millisecond + nanoseconds)
    }

    /// What was told of a webhook; nil while nothing was.
    func outcome(_ pending: PendingWebhook) -> String? {
        (pending.receipt as? NotedReceipt)?.outcome.withLock { $0 }
    }

    /// The webhooks that the application was asked to take, in order.
    var asked: [PendingWebhook] { forwarded.all.map(\.pending) }

    /// What waits to be written of deliveries that are stored.
    var changes: [DeliveryChange] { store.inbox.withLock { $0.changes } }

    /// The identities that wait to be settled, if they should be stored after all.
    var settled: [SeenMessage] { store.inbox.withLock { $0.settled } }

    /// A counter of the metrics.
    func count(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        MetricsReading(metrics.registry, names: [name]).sum(name, labels)
    }
}
