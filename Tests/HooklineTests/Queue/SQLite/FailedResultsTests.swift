import POSIX
import Prometheus
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import Hookline

@Suite struct FailedResultsTests {
    private let millisecond: UInt64 = 1_000_000

    private func failures(_ ids: ClosedRange<Int64>) -> [DeliveryChange] {
        ids.map { .retry(id: $0, dueMilliseconds: 9) }
    }

    private func completions(_ ids: ClosedRange<Int64>) -> [DeliveryChange] {
        ids.map {
            .complete(
                id: $0, message: SeenMessage(Genuine.webhook("SM\($0)")), priority: .normal)
        }
    }

    @Test func `only what failed waits, and the rest stays in its order`() {
        var results = FailedResults()
        var changes: [DeliveryChange] =
            completions(1...1) + failures(2...2) + [.release(id: 3)]
            + [.deadLetter(id: 4, reason: .gone), .hold(id: 5)]
        results.take(from: &changes, nowNanoseconds: 0)
        #expect(changes.count == 3)
        #expect(results.takeSlice().count == 2)
        #expect(results.takeSlice().isEmpty && results.dueNanoseconds == nil)
    }

    @Test func `what failed takes at most a seventh of the time`() {
        var results = FailedResults()
        var now: UInt64 = 0
        var busy: UInt64 = 0
        for _ in 0..<1000 {
            var changes = failures(1...64)
            results.take(from: &changes, nowNanoseconds: now)
            while !results.isDue(nowNanoseconds: now, webhooksWait: false) { now += millisecond }
            #expect(results.takeSlice().count == 64)
            let took = 30 * millisecond
            results.wrote(beganNanoseconds: now, endedNanoseconds: now + took)
            now += took
            busy += took
        }
        #expect(busy <= now / 6)
    }

    @Test func `webhooks that wait go first, for a tenth of a second`() {
        var results = FailedResults()
        var changes = failures(1...1)
        results.take(from: &changes, nowNanoseconds: 0)
        #expect(results.isDue(nowNanoseconds: 0, webhooksWait: false))
        #expect(!results.isDue(nowNanoseconds: 99 * millisecond, webhooksWait: true))
        #expect(results.isDue(nowNanoseconds: 100 * millisecond, webhooksWait: true))
    }

    @Test func `a disk that hung once holds failures back for some seconds, not for minutes`() {
        var results = FailedResults()
        var changes = failures(1...1)
        results.take(from: &changes, nowNanoseconds: 0)
        results.wrote(beganNanoseconds: 0, endedNanoseconds: 30_000 * millisecond)
        #expect(!results.isDue(nowNanoseconds: 34_999 * millisecond, webhooksWait: false))
        #expect(results.isDue(nowNanoseconds: 35_000 * millisecond, webhooksWait: false))
    }

    @Test func `claims are held back only while more fails than succeeds`() {
        var results = FailedResults()
        #expect(!results.holdsClaims(of: .first))
        var changes = failures(1...10) + completions(11...20)
        results.take(from: &changes, nowNanoseconds: 0)
        #expect(!results.holdsClaims(of: .first))
        changes = failures(21...21)
        results.take(from: &changes, nowNanoseconds: 0)
        #expect(results.holdsClaims(of: .first))
        _ = results.takeSlice()
        results.wrote(beganNanoseconds: 0, endedNanoseconds: 1)
        #expect(!results.holdsClaims(of: .first))
    }

    @Test func `a slice is bounded, and the end takes all`() {
        var results = FailedResults()
        var changes = failures(1...2000)
        results.take(from: &changes, nowNanoseconds: 0)
        #expect(results.takeSlice().count == FailedResults.sliceMax)
        #expect(results.takeAll().count == 2000 - FailedResults.sliceMax)
    }

    /// The destination is down: each attempt fails at once, one after another.
    private final class DeadDestination: Sendable {
        let group = SetOnce<SQLiteQueue>()
        let failed = Atomic<Int>(0)
        private let claimed = Mutex<[Delivery]>([])
        private let bell = WakeSignal()
        private let isDone = Atomic<Bool>(false)

        func take(_ deliveries: [Delivery]) {
            claimed.withLock { $0 += deliveries }
            bell.ring()
        }

        func stop() {
            isDone.store(true, ordering: .releasing)
            bell.ring()
        }

        func run() {
            while !isDone.load(ordering: .acquiring) {
                let next = claimed.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                guard let next, let group = group.value else {
                    bell.wait(untilNanoseconds: MonotonicClock.now() + 10_000_000)
                    continue
                }
                group.record([.retry(id: next.id, dueMilliseconds: .max / 2)])
                group.want(1)
                failed.add(1, ordering: .relaxed)
            }
        }
    }

    @Test func `with a destination that is down, few transactions take many failures`() throws {
        let folder = try TemporaryFolder()
        let destination = DeadDestination()
        let live = try LiveStore(
            path: folder.path("store"), claimed: { destination.take($0) })
        let rows = 1500
        try live.group.perform(.writing) { store throws(SQLiteError) in
            for number in 1...rows { _ = try store.append(Genuine.webhook("SM\(number)")) }
        }
        destination.group.set(live.group)
        let thread = try WorkerThread.start(name: "attempts") { destination.run() }
        defer {
            destination.stop()
            thread.join()
        }
        func commits() throws -> Double {
            var page: [UInt8] = []
            live.metrics.registry.renderText(into: &page)
            let text = String(decoding: page, as: UTF8.self)
            let line = text.split(separator: "\n").first {
                $0.hasPrefix("hookline_store_operation_duration_seconds_count{")
                    && $0.contains(#"="sqlite""#) && $0.contains(#"="commit""#)
            }
            return try #require(line?.split(separator: " ").last.flatMap { Double($0) })
        }
        let before = try commits()
        live.group.want(64)
        #expect(eventually { destination.failed.load(ordering: .relaxed) >= rows })
        // Webhooks are stored meanwhile, and nothing is lost.
        let receipt = NotedReceipt()
        let pending = PendingWebhook(
            webhook: Genuine.webhook("live"), receivedNanoseconds: MonotonicClock.now(),
            receipt: receipt)
        #expect(live.group.append([pending]).isEmpty)
        #expect(eventually { receipt.outcome.withLock { $0 } == "stored" })
        #expect(try commits() - before < Double(rows) / 8)
        live.stop()
        let counts = try countedRows(folder.path("store"))
        #expect(counts.owed == Int64(rows + 1))
        #expect(counts[.normal, .retryable] >= Int64(rows))
    }
}
