import POSIX
import Redis
import TestSupport
import Testing

@testable import Hookline

/// The spool between a real store and a real Redis that is full.
@Suite(.startsPrograms) struct SpoolTests {
    private let folder: TemporaryFolder
    private let server: RedisServer
    private let redis: RedisProbe
    private let fixture: QueueFixture
    private let store: LiveStore
    private let spool: Spool

    init() throws {
        folder = try TemporaryFolder()
        server = try RedisServer()
        redis = try RedisProbe(server)
        fixture = try QueueFixture(.socket(path: server.socketPath))
        let late = SetOnce<Spool>()
        store = try LiveStore(path: folder.path("store.sqlite")) { late.value?.take($0) }
        spool = Spool(fixture.queue, store: store.group, budgetNanoseconds: 5_000_000_000)
        late.set(spool)
        let queue = fixture.queue
        let isReady = eventually { queue.isReady && queue.status != nil }
        #expect(isReady)
        try redis("CONFIG", "SET", "maxmemory", "1mb")
    }

    /// Appends that Redis refused because it is full.
    private var refusals: Double? {
        fixture.page.value(
            #"hookline_redis_error_replies_total{role="queue",kind="out_of_memory"}"#)
    }

    private func keep(_ sid: String, received: Int64) {
        let pending = PendingWebhook(
            webhook: sampleWebhook(sid, received: received),
            receivedNanoseconds: MonotonicClock.now(), receipt: NotedReceipt())
        #expect(store.group.append([pending]).isEmpty)
    }

    @Test func `a full Redis is not asked again before the next turn, and the age is told`() throws
    {
        let began = store.group.clock.nowMilliseconds
        keep("first", received: 2000)
        spool.tick()
        #expect(eventually { refusals == 1 })
        let firstIsIn = store.group.clock.nowMilliseconds
        // The store still owes the spool rows and hands them over as they come; the first one is
        // not among them.
        keep("second", received: 1000)
        #expect(eventually { refusals == 2 })
        keep("third", received: 3000)
        #expect(eventually { refusals == 3 })
        // Its age counts from when it was stored, by the store's clock.
        #expect(spool.oldestMilliseconds(.normal).map { (began...firstIsIn).contains($0) } == true)

        let isAskedAgain = eventually {
            spool.tick()
            return (refusals ?? 0) >= 6
        }
        #expect(isAskedAgain)
        try redis("CONFIG", "SET", "maxmemory", "0")
        let isDrained = eventually(seconds: 20) {
            spool.tick()
            return spool.oldestMilliseconds(.normal) == nil && fixture.queue.status?.owed == 3
        }
        #expect(isDrained)
        #expect(eventually { store.group.status.counts?.owed == 0 })
        #expect(Set(fixture.claim(3).sids) == ["first", "second", "third"])
    }

    @Test func `what Redis refused is the store's again when the spool stops`() {
        keep("x", received: 1000)
        spool.tick()
        #expect(eventually { refusals == 1 && spool.oldestMilliseconds(.normal) != nil })
        #expect(eventually { store.group.status.counts?[.normal, .running] == 1 })
        spool.stop()
        #expect(eventually { store.group.status.counts?[.normal, .available] == 1 })
        #expect(spool.oldestMilliseconds(.normal) == nil)
    }
}
