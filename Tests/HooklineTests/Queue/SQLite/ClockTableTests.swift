import SQLite
import TestSupport
import Testing

@testable import Hookline

@Suite struct ClockTableTests {
    private static let day: Int64 = 86_400_000
    private static let tenYears = 3650 * day
    private let folder: TemporaryFolder
    private var path: String { folder.path("store") }

    init() throws { folder = try TemporaryFolder() }

    private func open(_ time: SimulatedClock) throws -> DeliveryStore {
        try DeliveryStore(path: path, clock: StoreClock(time.source))
    }

    private func append(_ store: DeliveryStore, _ sids: String...) throws {
        try store.begin()
        let now = store.clock.nowMilliseconds
        for sid in sids { #expect(try store.append(Genuine.webhook(sid), at: now) != nil) }
        try store.commit()
    }

    @Test func `the store's time goes on over a restart whatever the wall clock says`() throws {
        let time = SimulatedClock()
        var last: Int64
        do {
            let store = try open(time)
            try append(store, "a")
            time.advance(2500)
            try append(store, "b")
            last = store.clock.nowMilliseconds
        }
        for (step, counted): (Int64, Int64) in [
            (-Self.tenYears, 0), (Self.tenYears, 3_600_000), (-3_600_000, 0), (3000, 3000),
        ] {
            time.step(step)
            let store = try open(time)
            #expect(store.clock.nowMilliseconds == last + counted)
            time.advance(2000)
            try store.begin()
            try store.commit()
            last = store.clock.nowMilliseconds
        }
    }

    @Test func `the table is written at most once a second`() throws {
        let time = SimulatedClock()
        let store = try open(time)
        try append(store, "a")
        func noted() throws -> Int64 {
            let query = try Connection(path: path, create: false).prepare(
                "SELECT store_ms FROM clock")
            return try query.step() ? query.integer(0) : 0
        }
        let first = try noted()
        time.advance(999)
        try append(store, "b")
        #expect(try noted() == first)
        time.advance(1)
        try store.begin()
        _ = try store.append([], at: store.clock.nowMilliseconds)
        store.rollBack()
        #expect(try noted() == first)
        try append(store, "c")
        #expect(try noted() == first + 1000)
    }

    @Test func `a clock that was ten years ahead for a while blocks no pruning`() throws {
        let time = SimulatedClock()
        let store = try open(time)
        try append(store, "a")
        time.step(Self.tenYears)
        try append(store, "b")
        time.step(-Self.tenYears)
        try append(store, "c")
        try store.begin()
        for id: Int64 in 1...3 { try store.rows.remove(id) }
        try store.commit()
        time.advance(8 * Self.day)
        try append(store, "d")
        try store.begin()
        store.forgetIdentities(before: store.clock.nowMilliseconds - 7 * Self.day)
        _ = try store.tidyIdentities(count: 100)
        try store.commit()
        #expect(try identities() == 1)
    }

    @Test func `what an earlier version left from the future is neither kept for ever nor stuck`()
        throws
    {
        let future = 1_000_000 + Self.tenYears
        do {
            let old = try Connection(path: path, create: true)
            try old.execute("PRAGMA journal_mode=WAL")
            for (index, step) in Schema.steps.prefix(3).enumerated() {
                try old.execute("BEGIN;\(step)PRAGMA user_version=\(index + 1);COMMIT")
            }
            for (id, seen) in [(1, 900_000), (2, future), (3, 1_000_000)] as [(Int64, Int64)] {
                let webhook = Genuine.webhook("\(id)")
                let identity = try old.prepare("INSERT INTO identity VALUES(?1, ?2, ?3)")
                try identity.bind(1, id)
                try identity.bind(2, webhook.identity.bytes)
                try identity.bind(3, seen)
                try identity.run()
                let delivery = try old.prepare(
                    "INSERT INTO delivery VALUES(?1, 1, 2, ?2, 1, NULL, 0, ?2, ?3, ?4, ?5, NULL)")
                try delivery.bind(1, id)
                try delivery.bind(2, seen)
                try delivery.bind(3, webhook.identity.bytes)
                try delivery.bind(4, webhook.head.bytes)
                try delivery.bind(5, webhook.body)
                try delivery.run()
            }
        }
        let store = try open(SimulatedClock())
        let now = store.clock.nowMilliseconds
        #expect(now == 1_000_000 + 3_600_000)
        try store.begin()
        let claimed = try store.rows.claim(10, nowMilliseconds: now)
        #expect(claimed.map(\.id).sorted() == [1, 2, 3])
        #expect(claimed.allSatisfy { $0.owedSinceMilliseconds <= 1_000_000 })
        for id: Int64 in 1...3 { try store.rows.remove(id) }
        try append(within: store, "d")
        try store.commit()
        try store.begin()
        store.forgetIdentities(before: now)
        _ = try store.tidyIdentities(count: 100)
        try store.commit()
        #expect(try identities() == 1)
    }

    private func identities() throws -> Int64 {
        let query = try Connection(path: path, create: false).prepare(
            "SELECT count(*) FROM identity")
        return try query.step() ? query.integer(0) : -1
    }

    private func append(within store: DeliveryStore, _ sid: String) throws {
        _ = try store.append(Genuine.webhook(sid), at: store.clock.nowMilliseconds)
    }
}
