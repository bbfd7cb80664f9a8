import Dispatch
import Synchronization
import Testing

@testable import Hookline

/// Who may have a webhook when store and fallback reach for it at once.
@Suite struct PendingWebhookTests {
    private func pending() -> PendingWebhook {
        PendingWebhook(
            webhook: sampleWebhook("SM1"), receivedNanoseconds: 0, receipt: NotedReceipt())
    }

    @Test func `of store and fallback exactly one has it, whoever comes first`() {
        let rounds = 2000
        let all = (0..<rounds).map { _ in pending() }
        let inTime = Atomic<Int>(0)
        let takenOver = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 2) { side in
            for pending in all {
                if side == 0 {
                    if pending.committed(id: 1) == .inTime { inTime.add(1, ordering: .relaxed) }
                } else if pending.takeOver() {
                    takenOver.add(1, ordering: .relaxed)
                }
            }
        }
        let (first, second) = (
            inTime.load(ordering: .relaxed), takenOver.load(ordering: .relaxed)
        )
        #expect(first + second == rounds, "\(first) in time, \(second) taken over")
    }

    /// The commit's end and that of immediate processing may come at one moment.
    @Test func `of a late commit and the application one learns of the other`() {
        for isTaken in [true, false] {
            let all = (0..<2000).map { _ in pending() }
            for pending in all { #expect(pending.takeOver()) }
            let commits = Collected<PendingWebhook.Commit>()
            let stored = Collected<Int64?>()
            DispatchQueue.concurrentPerform(iterations: 2) { side in
                for pending in all {
                    if side == 0 {
                        commits.add([pending.committed(id: 7)])
                    } else {
                        stored.add([pending.immediateEnded(taken: isTaken)])
                    }
                }
            }
            let known: PendingWebhook.Commit = isTaken ? .lateButTaken : .lateAndOwed
            for (commit, id) in zip(commits.all, stored.all) {
                // Whoever is first leaves it to the second, and nobody leaves it to nobody.
                #expect((commit == .lateWhileForwarding) == (id == 7))
                #expect((commit == known) == (id == nil))
            }
        }
    }

    @Test func `it is taken over once, and not after its commit`() {
        let late = pending()
        #expect(late.takeOver() && !late.takeOver() && late.isTakenOver)
        let stored = pending()
        #expect(stored.committed(id: nil) == .inTime)
        #expect(!stored.takeOver() && !stored.isTakenOver)
    }
}
