import POSIX
import TestSupport
import Testing

@testable import Hookline

@Suite struct ReadinessTests {
    private let folder: TemporaryFolder
    private let live: LiveStore

    init() throws {
        folder = try TemporaryFolder()
        live = try LiveStore(path: folder.path("store"), owedMax: 2)
    }

    private func fallback() -> CommitFallback {
        CommitFallback(
            options: CommitFallback.Options(
                storeNanoseconds: 1_000_000_000, immediateNanoseconds: 1_900_000_000,
                immediateConcurrencyMax: 4, waitingMax: 4),
            store: live.group, metrics: live.metrics,
            journal: DirectDeliveryJournal(
                path: folder.path("taken"), log: Log(format: .json, level: .critical)),
            forward: { _, _ in })
    }

    private func pending(_ sid: String, _ receipt: NotedReceipt) -> PendingWebhook {
        PendingWebhook(
            webhook: Genuine.webhook(sid), receivedNanoseconds: MonotonicClock.now(),
            receipt: receipt)
    }

    private func readiness(_ fallback: CommitFallback) -> Readiness {
        Readiness(store: live.group, fallback: fallback, commitNanosecondsMax: 1_000_000_000)
    }

    @Test func `a store that commits is ready, and each trouble is a cause`() {
        var readiness = readiness(fallback())
        #expect(readiness.cause == nil)
        for cause: UnavailableCause in [.diskFull, .storeDamaged, .storeFailing] {
            live.group.status.enter(cause)
            #expect(readiness.cause == cause)
        }
        // The shared queue is in front of the store.
        readiness.sharedTakes = { true }
        #expect(readiness.cause == nil)
        readiness.sharedTakes = { false }
        #expect(readiness.cause == .storeFailing)
        live.group.status.leaveTrouble()
        #expect(readiness.cause == nil)
        readiness.validationCause = { .tokenSource }
        #expect(readiness.cause == .tokenSource)
    }

    @Test func `a commit that hangs is late`() {
        let readiness = readiness(fallback())
        live.group.status.commitBegan(at: MonotonicClock.now() - 2_000_000_000)
        #expect(readiness.cause == .storeLate)
        live.group.status.commitEnded()
        #expect(readiness.cause == nil)
    }

    @Test func `a queue that is full is not ready unless the application takes what comes`() {
        let fallback = fallback()
        let readiness = readiness(fallback)
        let receipts = (0..<2).map { _ in NotedReceipt() }
        fallback.store([pending("a", receipts[0]), pending("b", receipts[1])])
        #expect(eventually { live.group.status.owed == 2 })
        #expect(readiness.cause == .queueFull)
        let (taken, refused) = (NotedReceipt(), NotedReceipt())
        let third = pending("c", taken)
        fallback.store([third])
        #expect(third.abandonedCause == .queueFull)
        fallback.immediateEnded(third, taken: true)
        #expect(taken.outcome.withLock { $0 } == "taken")
        #expect(readiness.cause == nil)
        let fourth = pending("d", refused)
        fallback.store([fourth])
        // The store will not have it: nothing is waited for.
        fallback.immediateEnded(fourth, taken: false)
        #expect(refused.outcome.withLock { $0 } == "unavailable")
        #expect(readiness.cause == .queueFull)
    }
}
