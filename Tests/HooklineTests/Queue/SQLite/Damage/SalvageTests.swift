import POSIX
import SQLite
import TestSupport
import Testing

@testable import Hookline

/// What can be read of a damaged database is copied while webhooks are taken.
@Suite struct SalvageTests {
    private let bench: DamageBench

    init() throws { bench = try DamageBench() }

    private func damage(_ count: Int) throws {
        do {
            let opened = try bench.opening.open()
            try bench.append(opened, 1...count)
        }
        try bench.spoil(page: try bench.root("delivery_due"))
    }

    @Test func `a restart goes on, and what was delivered meanwhile does not come back`() throws {
        try damage(700)
        var delivered: Set<Int> = []
        do {
            let opened = try bench.opening(salvageNanoseconds: 0).open()
            let salvage = try #require(opened.salvage)
            for _ in 0..<2 { try salvage.writeSlice() }
            #expect(opened.store.mark.owed == 256)
            // Webhooks are taken at once, under ids of their own.
            try bench.append(opened, 701...705)
            let claimed = try DamageBench.claim(opened.store)
            #expect(claimed.count == 261)
            try bench.commit(opened) {
                try opened.store.rows.apply(claimed.map(\.completion))
            }
            delivered = Set(claimed.compactMap { DamageBench.number($0.webhook) })
        }
        let opened = try bench.opening(salvageNanoseconds: 0).open()
        let salvage = try #require(opened.salvage)
        while !salvage.isDone { try salvage.writeSlice() }
        #expect(salvage.progress.copied == 700 && salvage.progress.lost == 0)
        let rest = try DamageBench.claim(opened.store).compactMap {
            DamageBench.number($0.webhook)
        }
        #expect(delivered.isDisjoint(with: rest))
        #expect(delivered.union(rest) == Set(1...705))
        #expect(rest.count == 444)
        #expect(try opened.store.salvage.read() == nil)
        // Nothing was lost, and what was seen is seen.
        #expect(bench.report.losses.messages == 0)
        let ids = try transaction(opened.store) {
            try [1, 300, 700, 705].map { try opened.store.append(DamageBench.webhook($0)) }
        }
        #expect(ids == [nil, nil, nil, nil])
    }

    @Test func `what was being forwarded is owed again, and a time that nobody writes is now`()
        throws
    {
        do {
            let opened = try bench.opening.open()
            try bench.append(opened, 1...40)
            _ = try transaction(opened.store) {
                try opened.store.rows.claim(5, nowMilliseconds: .max)
            }
            try opened.store.connection.execute(
                "UPDATE delivery SET due_ms=9223372036854775000, priority=7 WHERE id=20")
        }
        try bench.spoil(page: try bench.root("delivery_state"))
        let opened = try bench.opening.open()
        #expect(opened.store.mark.owed == 40)
        let now = opened.store.clock.nowMilliseconds + 1000
        let claimed = try transaction(opened.store) {
            try opened.store.rows.claim(99, nowMilliseconds: now)
        }
        #expect(claimed.count == 40)
    }
}
