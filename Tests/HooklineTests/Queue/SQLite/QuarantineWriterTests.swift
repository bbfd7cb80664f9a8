import POSIX
import TestSupport
import Testing

@testable import Hookline

@Suite struct QuarantineWriterTests {
    private let folder: TemporaryFolder
    private let store: DeliveryStore
    private let time = SimulatedClock()
    private let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])

    init() throws {
        folder = try TemporaryFolder()
        store = try DeliveryStore(path: folder.path("store"), clock: StoreClock(time.source))
    }

    private func quarantine(rowsMax: Int = 10_000, retention: Int64 = .max / 2) -> Quarantine {
        Refused.quarantine(rowsMax: rowsMax, retention: retention, metrics: metrics)
    }

    /// A writer whose slices have all the time they want.
    private func writer(_ quarantine: Quarantine) -> QuarantineWriter {
        QuarantineWriter(store: store, quarantine: quarantine, sliceNanoseconds: 60_000_000_000)
    }

    private func dropped(_ reason: QuarantineDrop) -> Int {
        Int(metrics.quarantineDropped[reason].value)
    }

    private func sources() throws -> [[UInt8]] {
        try store.quarantine.page(QuarantinePage(rowsMax: .max)).rows.map(\.source)
    }

    @Test func `a flood of 100,000 from one source leaves the others' rows where they are`() throws
    {
        let quarantine = quarantine(rowsMax: 300)
        let writer = writer(quarantine)
        var now: UInt64 = 1_000_000_000
        for number in 0..<50 {
            quarantine.offer(Refused.request(number, source: [9, 9, 9, UInt8(number)]))
        }
        for number in 0..<100_000 {
            quarantine.offer(Refused.request(1000 + number))
            if number % 1000 == 0 {
                try writer.writeSlice(nowNanoseconds: now, isDisturbed: { false })
                now += 50_000_000
            }
        }
        for number in 50..<100 {
            quarantine.offer(Refused.request(number, source: [9, 9, 9, UInt8(number)]))
        }
        try writer.writeAll()
        let kept = try sources()
        #expect(kept.count == 300)
        #expect(Set(kept).count == 101)
        // Every request is kept, or was counted as dropped.
        let lost = QuarantineDrop.allCases.reduce(0) { $0 + dropped($1) }
        #expect(kept.count + lost == 100_100)
        #expect(dropped(.sampled) > 90_000)
    }

    @Test func `after a burst the rest is written at a steady rate`() throws {
        let quarantine = quarantine(rowsMax: 100_000)
        let writer = writer(quarantine)
        var now: UInt64 = 1_000_000_000
        var number = 0
        func turns(_ count: Int) throws {
            for _ in 0..<count {
                for _ in 0..<130 {
                    number += 1
                    quarantine.offer(Refused.request(number))
                }
                try writer.writeSlice(nowNanoseconds: now, isDisturbed: { false })
                now += 50_000_000
            }
        }
        try turns(60)
        #expect((2048...2048 + 60 * 5).contains(store.quarantine.figures.rows))
        let before = store.quarantine.figures.rows
        try turns(20)
        #expect((98...102).contains(store.quarantine.figures.rows - before))
    }

    @Test func `a webhook that comes ends a slice, and what is left waits again`() throws {
        let quarantine = quarantine()
        let writer = writer(quarantine)
        for number in 0..<10 { quarantine.offer(Refused.request(number)) }
        for number in 10..<14 { quarantine.prove(Refused.request(number), hint: "scheme") }
        try writer.writeSlice(nowNanoseconds: 1_000_000_000, isDisturbed: { true })
        #expect(store.quarantine.figures.rows == 1)
        try writer.writeAll()
        #expect(store.quarantine.figures.rows == 14 && store.quarantine.figures.proven == 4)
        #expect(QuarantineDrop.allCases.allSatisfy { dropped($0) == 0 })
    }

    @Test func `a proof finds its request whether it is written, waits, or comes later`() throws {
        let quarantine = quarantine()
        let writer = writer(quarantine)
        quarantine.offer(Refused.request(1))
        try writer.writeAll()
        quarantine.offer(Refused.request(2))
        for number in 1...3 {
            quarantine.prove(Refused.request(number).fingerprint, hint: "port")
        }
        try writer.writeAll()
        quarantine.offer(Refused.request(3))
        quarantine.offer(Refused.request(4))
        quarantine.prove(Refused.request(5), hint: "port")
        quarantine.offer(Refused.request(5))
        try writer.writeAll()
        let rows = try store.quarantine.page(QuarantinePage(rowsMax: .max)).rows
        #expect(rows.count == 5)
        #expect(rows.count { $0.isProven && $0.hint == "port" } == 4)
    }

    @Test func `where no more proven requests may wait, what is kept already is marked`() throws {
        let quarantine = quarantine()
        let writer = writer(quarantine)
        quarantine.offer(Refused.request(1))
        let large = 1 << 20
        for number in 2..<4 {
            #expect(
                quarantine.prove(Refused.request(number, bodyBytes: large - 160), hint: "port"))
        }
        #expect(!quarantine.prove(Refused.request(1), hint: "port"))
        #expect(!quarantine.prove(Refused.request(9), hint: "port"))
        try writer.writeAll()
        let rows = try store.quarantine.page(QuarantinePage(rowsMax: .max)).rows
        #expect(rows.count == 3 && rows.allSatisfy { $0.isProven && $0.hint == "port" })
    }

    @Test func `a proven request that a webhook keeps from being written waits at any bound`()
        throws
    {
        let quarantine = quarantine()
        let writer = writer(quarantine)
        let large = (1 << 20) - 400
        for number in 0..<2 {
            #expect(quarantine.prove(Refused.request(number, bodyBytes: large / 2), hint: "port"))
        }
        #expect(quarantine.prove(Refused.request(2, bodyBytes: large), hint: "port"))
        // While a slice is under way others come and take all the room.
        try writer.writeSlice(nowNanoseconds: 1_000_000_000) {
            quarantine.prove(Refused.request(3, bodyBytes: large), hint: "port")
            return true
        }
        #expect(store.quarantine.figures.rows == 1)
        try writer.writeAll()
        #expect(store.quarantine.figures.rows == 4 && store.quarantine.figures.proven == 4)
    }

    @Test func `what is too old goes, and the figures say what is kept`() throws {
        let quarantine = quarantine(retention: 60_000)
        let writer = writer(quarantine)
        #expect(quarantine.status.figures?.rows == 0)
        // When the wall clock says that they were received changes nothing.
        quarantine.offer(Refused.request(1, received: 4_000_000_000_000))
        try writer.writeAll()
        time.advance(60_001)
        quarantine.offer(Refused.request(2, received: 1000))
        try writer.writeAll()
        #expect(quarantine.status.figures?.rows == 2)
        try writer.writeSlice(nowNanoseconds: MonotonicClock.now(), isDisturbed: { false })
        #expect(quarantine.status.figures?.rows == 1 && dropped(.expired) == 1)
        writer.ended()
        #expect(quarantine.status.figures == nil)
    }

    @Test func `a quarantine of no rows takes nothing`() throws {
        let quarantine = quarantine(rowsMax: 0)
        quarantine.offer(Refused.request(1))
        #expect(!quarantine.prove(Refused.request(1), hint: "port"))
        quarantine.prove(Refused.request(1).fingerprint, hint: "port")
        #expect(quarantine.withInbox { $0.isEmpty })
    }

    @Test func `a request that can never be kept is dropped at once`() throws {
        let size = Refused.request(1, bodyBytes: 1000).byteCount
        for (bytesMax, isKept) in [(size, true), (size - 1, false)] {
            let quarantine = Refused.quarantine(bytesMax: bytesMax, metrics: metrics)
            quarantine.offer(Refused.request(1, bodyBytes: 1000))
            #expect(quarantine.withInbox { $0.isEmpty } == !isKept)
        }
        #expect(dropped(.tooLarge) == 1)
    }

    @Test func `what is kept says why it was refused`() {
        let kept = [
            Rejection.malformedForm, .ambiguousForm, .noOrigin(.host), .missingSignature,
            .invalidSignature, .unknownAccount, .notFound, .methodNotAllowed,
            .unsupportedMediaType,
        ]
        #expect(
            kept.map { QuarantineReason($0).rawValue } == [
                "malformed", "malformed", "malformed", "missing_signature", "invalid_signature",
                "unknown_account", "not_found", "method", "media_type",
            ])
    }
}
