import Glibc
import Redis
import TestSupport
import Testing

@testable import Hookline

/// Each verb of the shared queue, with a real Redis.
@Suite(.startsPrograms) struct RedisQueueTests {
    private let server: RedisServer
    private let redis: RedisProbe
    private var place: RedisURL.Place { .socket(path: server.socketPath) }

    init() throws {
        server = try RedisServer()
        redis = try RedisProbe(server)
    }

    @Test func `what is appended is claimed byte for byte`() throws {
        let fixture = try QueueFixture(place)
        let bytes = (0...255).map { UInt8($0) }
        let sent = sampleWebhook("\u{e9}\0", priority: .high, received: 1234, body: bytes)
        #expect(fixture.append([sent]) == [.stored])
        let delivery = try #require(fixture.claim(1).first)
        #expect(delivery.id < 0 && delivery.attempt == 1)
        let got = delivery.webhook
        #expect(got.identity == sent.identity && got.kind == .message && got.priority == .high)
        #expect(got.head == sent.head && got.body == bytes && got.receivedMilliseconds == 1234)
    }

    @Test func `X4 an identity is taken once, on all machines, also after its delivery`() throws {
        let (one, two) = (try QueueFixture(place), try QueueFixture(place, "b"))
        #expect(one.append("x", "x", "y") == [.stored, .duplicate, .stored])
        #expect(two.append("x", "z") == [.duplicate, .stored])
        let claimed = one.claim(3)
        one.queue.record(claimed.map(\.completion))
        #expect(one.isEmpty)
        #expect(two.append("x", "y", "z") == [.duplicate, .duplicate, .duplicate])
        guard case .array(let marks) = try redis("KEYS", "{hookline}:seen:*") else { return }
        #expect(marks.count == 3)
        for mark in marks {
            let left = try redis("PTTL", String(decoding: mark.bytes ?? [], as: UTF8.self))
            #expect(left.integer ?? 0 <= 600_000)
        }
    }

    @Test func `a completed delivery leaves nothing but its mark`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("x", "y")
        fixture.queue.record(fixture.claim(2).map(\.completion))
        #expect(fixture.isEmpty)
        #expect(try redis("XLEN", "{hookline}:queue:normal") == .integer(0))
        #expect(
            try redis("XPENDING", "{hookline}:queue:normal", "hookline").elements?[0].integer == 0)
        #expect(eventually { fixture.queue.leases.count == 0 })
    }

    @Test func `retries come back when they are due, in time order, as they were`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("x", "y", "z")
        let claimed = fixture.claim(3)
        let now = WallClockForTests.milliseconds()
        fixture.queue.record([
            .retry(id: claimed[0].id, dueMilliseconds: now + 300),
            .retry(id: claimed[1].id, dueMilliseconds: now + 100),
            .retry(id: claimed[2].id, dueMilliseconds: now + 3_600_000),
        ])
        let waiting = fixture.status { $0.owed == 3 && $0.rows[.normal]?.running == 0 }
        #expect(waiting?.rows[.normal]?.oldestMilliseconds == 1000)
        let again = fixture.claim(2)
        #expect(again.sids == ["y", "x"] && again.map(\.attempt) == [2, 2])
        #expect(again[0].webhook.body == claimed[1].webhook.body)
        #expect(again[0].webhook.head == claimed[1].webhook.head)
        fixture.queue.record([.retry(id: again[0].id, dueMilliseconds: now)])
        #expect(fixture.claim(1).map(\.attempt) == [3])
        let far = QueueFigures.Row(running: 2, retryable: 1, oldestMilliseconds: 1000)
        #expect(fixture.status { $0.rows[.normal] == far } != nil)
    }

    @Test func `a dead letter is kept with its reason and owed no more`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append([sampleWebhook("x", priority: .high)])
        let claimed = fixture.claim(1)
        fixture.queue.record([.deadLetter(id: claimed[0].id, reason: .gone)])
        #expect(fixture.status { $0.deadLetters == 1 }?.owed == 0)
        let entry = try #require(redis("XRANGE", "{hookline}:dead", "-", "+").elements?.first)
        let fields = try #require(entry.elements?[1].elements).map { $0.text ?? "" }
        #expect(fields.contains("gone") && fields.contains("high") && fields.contains("Body=x"))
        #expect(fixture.append([sampleWebhook("x")]) == [.duplicate])
    }

    @Test func `why a delivery failed last is kept, wherever it is`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("x", "y")
        let claimed = fixture.claim(2)
        let refused = AttemptFailure(milliseconds: 5000, status: 422, text: "HTTP 422")
        let away = AttemptFailure(milliseconds: 6000, status: nil, text: "connect: no")
        fixture.queue.record([
            .retry(id: claimed[0].id, dueMilliseconds: 0, failure: refused),
            .deadLetter(id: claimed[1].id, reason: .gone, failure: away),
        ])
        func rows(_ place: RedisRowID.Place) -> [DeliveryRow] {
            let deadline = RedisClock.now() + 5_000_000_000
            return fixture.queue.listing.page(
                place, after: nil, count: 9, deadlineNanoseconds: deadline)?.map(\.row) ?? []
        }
        #expect(eventually { rows(.dead).first?.lastError == "connect: no" })
        #expect(rows(.dead).first?.lastStatus == nil)
        let again = try #require(fixture.claim(1).first)
        #expect(rows(.normal).map(\.lastError) == ["HTTP 422"])
        fixture.queue.record([.retry(id: again.id, dueMilliseconds: .max / 2, failure: away)])
        #expect(eventually { rows(.retryableNormal).first?.lastError == "connect: no" })
        #expect(rows(.retryableNormal).first?.lastErrorAt == "1970-01-01T00:00:06.000Z")
    }

    @Test func `what is given back is anybody's at once, with its attempts as they were`() throws {
        let (one, two) = (try QueueFixture(place), try QueueFixture(place, "b"))
        _ = one.append("x")
        let claimed = one.claim(1)
        one.queue.record([.release(id: claimed[0].id)])
        let again = two.claim(1)
        #expect(again.sids == ["x"] && again[0].attempt == 1)
    }

    @Test func `R8 media goes first and text gets every fourth place`() throws {
        let fixture = try QueueFixture(place)
        let media = (0..<20).map { sampleWebhook("m\($0)", priority: .high) }
        let text = (0..<20).map { sampleWebhook("t\($0)") }
        _ = fixture.append(text + media)
        let sids = fixture.claim(8).sids
        #expect(Set(sids) == ["m0", "m1", "m2", "m3", "m4", "m5", "t0", "t1"])
        var singles: [String] = []
        for _ in 0..<8 { singles += fixture.claim(1).sids }
        #expect(singles.filter { $0.hasPrefix("t") }.count == 2)
        #expect(fixture.claim(24).sids.count == 24)
    }

    @Test func `several machines share the work and none gets another's`() throws {
        let machines = try ["a", "b", "c"].map { try QueueFixture(place, $0) }
        for machine in machines { machine.queue.want(100) }
        let sids = (0..<300).map { "m\($0)" }
        #expect(machines[0].append(sids.map { sampleWebhook($0) }).allSatisfy { $0 == .stored })
        #expect(eventually { machines.reduce(0) { $0 + $1.claimed.count } == 300 })
        #expect(Set(machines.flatMap(\.claimed.sids)) == Set(sids))
        for machine in machines { machine.queue.record(machine.claimed.map(\.completion)) }
        #expect(machines[0].isEmpty)
    }

    @Test func `the figures say what waits, runs and is retryable, and since when`() throws {
        let fixture = try QueueFixture(place)
        let webhooks = (1...5).map { sampleWebhook("x\($0)", received: Int64($0) * 1000) }
        _ = fixture.append(webhooks)
        let before = fixture.status { $0.owed == 5 }?.rows[.normal]
        #expect(before == .init(available: 5, oldestMilliseconds: 1000))
        let claimed = fixture.claim(3)
        fixture.queue.record([
            claimed[2].completion, .retry(id: claimed[1].id, dueMilliseconds: .max / 2),
        ])
        let after = fixture.status { $0.owed == 4 && $0.rows[.normal]?.retryable == 1 }
        #expect(
            after?.rows[.normal]
                == .init(available: 2, running: 1, retryable: 1, oldestMilliseconds: 2000))
        #expect(after?.rows[.high] == .init())
        server.kill()
        #expect(eventually { fixture.queue.status == nil }, "what cannot be read is absent")
    }

    @Test func `an entry that cannot be read is a dead letter`() throws {
        let fixture = try QueueFixture(place)
        _ = fixture.append("x")
        try redis("XADD", "{hookline}:queue:normal", "*", "identity", "short", "body", "b")
        fixture.queue.want(2)
        #expect(fixture.status { $0.deadLetters == 1 }?.deadLetters == 1)
        #expect(fixture.claimed.sids == ["x"])
    }

    @Test func `a message that is not there when it is asked for is claimed when it comes`() throws
    {
        let fixture = try QueueFixture(place) { $0.blockMilliseconds = 10_000 }
        #expect(fixture.status { $0.owed == 0 } != nil)
        fixture.queue.want(2)
        _ = fixture.append([sampleWebhook("x", priority: .high), sampleWebhook("y")])
        #expect(eventually { Set(fixture.claimed.sids) == ["x", "y"] })
    }

    @Test func `nothing trims a stream`() {
        for script in QueueScripts.all {
            let text = script.load.arguments.map { String(decoding: $0, as: UTF8.self) }
            #expect(!text.joined().uppercased().contains("MAXLEN"))
            #expect(!text.joined().uppercased().contains("MINID"))
        }
    }
}

/// The wall clock, as the retry policy reads it.
enum WallClockForTests {
    /// Milliseconds since the epoch.
    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
