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

    /// Lets two sides reach for each webhook at once; each begins half of the times, also on a
    /// machine that runs one after the other.
    private func race(
        _ all: [PendingWebhook], _ store: @Sendable (Int, PendingWebhook) -> Void,
        _ fallback: @Sendable (Int, PendingWebhook) -> Void
    ) {
        let chunks = 20
        DispatchQueue.concurrentPerform(iterations: 2 * chunks) { iteration in
            let chunk = iteration / 2
            let isStore = (iteration % 2 == 0) == (chunk % 2 == 0)
            for index in stride(from: chunk, to: all.count, by: chunks) {
                if isStore { store(index, all[index]) } else { fallback(index, all[index]) }
            }
        }
    }

    @Test func `of store and fallback exactly one has it, whoever comes first`() {
        let all = (0..<2000).map { _ in pending() }
        let inTime = Atomic<Int>(0)
        let takenOver = Atomic<Int>(0)
        race(all) { _, pending in
            if pending.committed(id: 1) == .inTime { inTime.add(1, ordering: .relaxed) }
        } _: { _, pending in
            if pending.takeOver() { takenOver.add(1, ordering: .relaxed) }
        }
        let first = inTime.load(ordering: .relaxed)
        let second = takenOver.load(ordering: .relaxed)
        #expect(first + second == all.count && first > 0 && second > 0)
    }

    /// The commit's end and that of immediate processing may come at one moment.
    @Test func `of a late commit and the application one learns of the other`() {
        for isTaken in [true, false] {
            let all = (0..<2000).map { _ in pending() }
            for pending in all { #expect(pending.takeOver()) }
            let commits = Mutex<[Int: PendingWebhook.Commit]>([:])
            let stored = Mutex<[Int: Int64]>([:])
            race(all) { index, pending in
                let commit = pending.committed(id: 7)
                commits.withLock { $0[index] = commit }
            } _: { index, pending in
                let id = pending.immediateEnded(at: .first, taken: isTaken).committedID
                stored.withLock { $0[index] = id }
            }
            let known: PendingWebhook.Commit = .late(
                underWay: .none, taken: isTaken ? .first : .none)
            for index in all.indices {
                let commit = commits.withLock { $0[index] }
                let id = stored.withLock { $0[index] }
                // Whoever is first leaves it to the second, and nobody leaves it to nobody.
                #expect((commit == .late(underWay: .first, taken: .none)) == (id == 7))
                #expect((commit == known) == (id == nil))
            }
            #expect((1..<all.count).contains(stored.withLock { $0.count }))
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
