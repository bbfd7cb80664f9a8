import Testing

@testable import Hookline

/// Each step down from the store, at its deadline and not before. The time is told.
@Suite struct CommitFallbackTests {
    @Test func `R9 the application is asked once the store is late, and once only`() throws {
        let bench = try FallbackBench()
        let pending = bench.pending("SM1")
        bench.fallback.commit([pending])
        bench.tick(milliseconds: 1000)
        #expect(bench.asked.isEmpty)
        bench.tick(milliseconds: 1000, nanoseconds: 1)
        bench.tick(milliseconds: 1001)
        #expect(bench.asked.count == 1)
        // It may take until the last deadline, and not until it began to be late.
        #expect(
            bench.forwarded.all.first?.deadline
                == FallbackBench.received + FallbackBench.lastMilliseconds
                * FallbackBench.millisecond)
        #expect(bench.count("hookline_store_errors_total", ["reason": "deadline"]) == 1)
        #expect(bench.outcome(pending) == nil)
    }

    @Test func `what is committed in time is never forwarded by the fallback`() throws {
        let bench = try FallbackBench()
        let pending = bench.pending("SM1")
        bench.fallback.commit([pending])
        #expect(pending.committed(id: 7) == .inTime)
        bench.tick(milliseconds: 5000)
        #expect(bench.asked.isEmpty && bench.fallback.isIdle)
    }

    @Test func `what the application took is written down before it is answered`() throws {
        let bench = try FallbackBench()
        let pending = bench.pending("SM1")
        bench.fallback.commit([pending])
        bench.tick(milliseconds: 1001)
        bench.fallback.immediateEnded(pending, taken: true)
        #expect(bench.outcome(pending) == "taken")
        #expect(try bench.journal.read() == [SeenMessage(pending.webhook)])
        // Its commit may still come: then it is not forwarded again.
        #expect(bench.settled == [SeenMessage(pending.webhook)])
        #expect(pending.committed(id: 7) == .late(underWay: .none, taken: .first))
        #expect(bench.count("hookline_immediate_processed_total") == 1)
        #expect(bench.fallback.isIdle)
    }

    @Test func `a commit that comes while the application has it is completed or owed`() throws {
        for isTaken in [true, false] {
            let bench = try FallbackBench()
            let pending = bench.pending("SM1")
            bench.fallback.commit([pending])
            bench.tick(milliseconds: 1001)
            #expect(pending.committed(id: 7) == .late(underWay: .first, taken: .none))
            bench.fallback.immediateEnded(pending, taken: isTaken)
            #expect(bench.changes.count == 1)
            switch bench.changes.first {
            case .complete(id: 7, _, _, _): #expect(isTaken)
            case .release(id: 7): #expect(!isTaken)
            default: Issue.record("\(bench.changes)")
            }
            #expect(bench.settled.isEmpty)
        }
    }

    @Test func `X17 it is answered 200 only when every destination took it`() throws {
        let (one, two) = (DestinationNumber.first, DestinationNumber(1))
        for isTaken in [true, false] {
            let bench = try FallbackBench()
            let pending = bench.pending("SM1", to: DestinationSet([one, two]))
            bench.fallback.commit([pending])
            bench.tick(milliseconds: 1001)
            bench.fallback.immediateEnded(pending, at: one, taken: true)
            #expect(bench.outcome(pending) == nil && bench.fallback.waiting == 1)
            #expect(try bench.journal.read().isEmpty)
            bench.fallback.immediateEnded(pending, at: two, taken: isTaken)
            #expect(bench.outcome(pending) == (isTaken ? "taken" : nil))
            #expect(try bench.journal.read().count == (isTaken ? 1 : 0))
            #expect(bench.settled.count == (isTaken ? 1 : 0))
            // What one has is complete when the commit comes after all; the other is owed.
            let taken = isTaken ? pending.webhook.destinations : DestinationSet(one)
            #expect(pending.committed(id: 8) == .late(underWay: .none, taken: taken))
        }
    }

    @Test func `X17 a commit in between completes or owes each row for itself`() throws {
        let (one, two) = (DestinationNumber.first, DestinationNumber(1))
        let bench = try FallbackBench()
        let pending = bench.pending("SM1", to: DestinationSet([one, two]))
        bench.fallback.commit([pending])
        bench.tick(milliseconds: 1001)
        #expect(
            pending.committed(id: 8)
                == .late(underWay: DestinationSet([one, two]), taken: .none))
        bench.fallback.immediateEnded(pending, at: two, taken: true)
        bench.fallback.immediateEnded(pending, at: one, taken: false)
        guard case .complete(id: 8, _, _, two)? = bench.changes.first,
            case .release(id: 7)? = bench.changes.last
        else {
            Issue.record("\(bench.changes)")
            return
        }
    }

    @Test func `what nobody has by the last deadline is answered 503 then, and only then`()
        throws
    {
        let bench = try FallbackBench()
        let (running, refused) = (bench.pending("SM1"), bench.pending("SM2"))
        bench.fallback.commit([running, refused])
        bench.tick(milliseconds: 1001)
        bench.fallback.immediateEnded(refused, taken: false)
        bench.tick(milliseconds: 1899, nanoseconds: 999_999)
        #expect(bench.outcome(running) == nil && bench.outcome(refused) == nil)
        bench.tick(milliseconds: 1900)
        #expect(bench.outcome(running) == "unavailable")
        #expect(bench.outcome(refused) == "unavailable")
        // A commit that comes later is owed: Twilio's repetition finds it stored.
        #expect(refused.committed(id: 7) == .late(underWay: .none, taken: .none))
        bench.fallback.immediateEnded(running, taken: false)
        bench.tick(milliseconds: 2000)
        #expect(bench.fallback.isIdle)
    }

    @Test func `what is not verified is for the store alone, and is answered 503`() throws {
        let bench = try FallbackBench()
        let pending = bench.pending("SM1", isVerified: false)
        bench.fallback.commit([pending])
        bench.tick(milliseconds: 1001)
        #expect(bench.asked.isEmpty && bench.fallback.waiting == 1)
        bench.tick(milliseconds: 1900)
        #expect(bench.outcome(pending) == "unavailable")
        #expect(bench.asked.isEmpty && bench.fallback.isIdle)
    }

    @Test func `as many run as may, and the next begins when one has ended`() throws {
        let bench = try FallbackBench(concurrencyMax: 2)
        let all = (1...4).map { bench.pending("SM\($0)") }
        bench.fallback.commit(all)
        bench.tick(milliseconds: 1001)
        #expect(bench.asked.count == 2 && bench.fallback.waiting == 4)
        bench.fallback.immediateEnded(bench.asked[0], taken: true)
        #expect(bench.asked.count == 3)
        bench.fallback.immediateEnded(bench.asked[1], taken: false)
        #expect(Set(bench.asked.map(\.webhook.identity)).count == 4)
    }

    @Test func `as many wait as may, and one more is answered 503 at once`() throws {
        let bench = try FallbackBench(concurrencyMax: 0, waitingMax: 3)
        let all = (1...4).map { bench.pending("SM\($0)") }
        bench.fallback.commit(all)
        bench.tick(milliseconds: 1001)
        #expect(all.prefix(3).allSatisfy { bench.outcome($0) == nil })
        #expect(bench.outcome(all[3]) == "unavailable")
        #expect(bench.count("hookline_requests_shed_total", ["reason": "waiting"]) == 1)
        // Waiting is no excuse: they too are answered at the last deadline.
        bench.tick(milliseconds: 1900)
        #expect(all.allSatisfy { bench.outcome($0) == "unavailable" })
        // Nobody has forwarded them: whenever their commits come, they are owed.
        #expect(all.allSatisfy { $0.committed(id: 7) == .late(underWay: .none, taken: .none) })
    }

    @Test func `what was committed while it waited for a place is owed when its time is over`()
        throws
    {
        let bench = try FallbackBench(concurrencyMax: 0)
        let pending = bench.pending("SM1")
        bench.fallback.commit([pending])
        bench.tick(milliseconds: 1001)
        #expect(pending.committed(id: 7) == .late(underWay: .first, taken: .none))
        bench.tick(milliseconds: 1900)
        #expect(bench.outcome(pending) == "unavailable" && bench.fallback.isIdle)
        guard case .release(id: 7) = bench.changes.first else {
            Issue.record("\(bench.changes)")
            return
        }
    }

    @Test func `what the store has no room for goes on at once`() throws {
        let bench = try FallbackBench(storeWaitingMax: 1)
        let all = (1...2).map { bench.pending("SM\($0)") }
        bench.fallback.commit(all)
        #expect(bench.asked.map(\.webhook.identity) == [all[1].webhook.identity])
        #expect(bench.count("hookline_store_errors_total", ["reason": "deadline"]) == 0)
    }

    @Test func `while a commit hangs, what comes in does not wait for it`() throws {
        let bench = try FallbackBench()
        let store = FallbackBench.storeMilliseconds * FallbackBench.millisecond
        bench.store.status.commitBegan(at: FallbackBench.received - store)
        bench.fallback.commit([bench.pending("SM1")])
        #expect(bench.asked.isEmpty)
        bench.store.status.commitBegan(at: FallbackBench.received - store - 1)
        bench.fallback.commit([bench.pending("SM2")])
        #expect(bench.asked.count == 1)
        #expect(bench.count("hookline_store_errors_total", ["reason": "deadline"]) == 1)
    }

    @Test func `a batch that failed goes on, without what was taken over before`() throws {
        let bench = try FallbackBench()
        let all = (1...2).map { bench.pending("SM\($0)") }
        bench.fallback.commit(all)
        bench.tick(milliseconds: 1001)
        bench.fallback.failed(all)
        #expect(bench.asked.count == 2)
        let other = bench.pending("SM3")
        bench.fallback.failed([other])
        #expect(bench.asked.last === other)
    }
}
