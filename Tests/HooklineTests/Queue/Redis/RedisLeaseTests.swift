import Redis
import TestSupport
import Testing

@testable import Hookline

/// Leases: whose a claimed delivery is, and what becomes of it when that process has gone.
@Suite(.startsPrograms) struct RedisLeaseTests {
    private let server: RedisServer
    private let redis: RedisProbe
    private var place: RedisURL.Place { .socket(path: server.socketPath) }

    init() throws {
        server = try RedisServer()
        redis = try RedisProbe(server)
    }

    /// A machine whose leases are short.
    private func machine(
        _ name: String, through proxy: FaultProxy? = nil, lease: Int64 = 300,
        configure: (inout RedisQueue.Options) -> Void = { _ in }
    ) throws -> QueueFixture {
        try QueueFixture(proxy.map { .host("127.0.0.1", port: $0.port) } ?? place, name) {
            $0.leaseMilliseconds = lease
            if proxy != nil { $0.budgetNanoseconds = 1_000_000_000 }
            configure(&$0)
        }
    }

    @Test func `a dead machine's work is taken up, oldest first, before what is new`() throws {
        let proxy = try FaultProxy(upstream: server.socketPath)
        let dead = try machine("dead", through: proxy)
        _ = dead.append("x", "y", "z")
        #expect(dead.claim(3).map(\.attempt) == [1, 1, 1])
        // For everybody else this machine has gone: it says nothing any more.
        proxy.set(.halfOpen)
        defer { proxy.set(.none) }
        let other = try machine("other")
        _ = other.append("new")
        #expect(other.claim(1).sids == ["new"], "a lease that runs is respected")
        _ = other.append("newer")
        let taken = other.claim(4)
        #expect(Set(taken.sids) == ["newer", "x", "y", "z"])
        #expect(taken.sids.filter { $0 != "newer" } == ["x", "y", "z"])
        #expect(taken.filter { $0.webhook.body == Array("Body=x".utf8) }.count == 4)
        #expect(taken.first { $0.webhook[.messageSID].elementsEqual("x".utf8) }?.attempt == 2)
        let takeovers = "hookline_redis_queue_takeovers_total{result=\"reclaimed\"}"
        #expect(other.page.value(takeovers) == 3)
        other.queue.record(other.claimed.map(\.completion))
        #expect(other.isEmpty)
    }

    @Test func `more work than there is room for is taken up before anything new`() throws {
        let gone = try machine("gone", lease: 60_000)
        _ = gone.append((0..<20).map { sampleWebhook("m\($0)") })
        #expect(gone.claim(20).count == 20)
        gone.queue.stopClaiming()
        let entries = try redis("XRANGE", "{hookline}:queue:normal", "-", "+").elements ?? []
        for id in entries.compactMap({ $0.elements?.first?.bytes }) {
            // As if its process had been silent for a thousand seconds.
            try redis.run(
                RedisCommand("XCLAIM", "{hookline}:queue:normal", "hookline", "gone", "0")
                    .with(id).with("IDLE").with(1_000_000).with("JUSTID"))
        }
        let other = try machine("other", lease: 300_000)
        _ = other.append((0..<20).map { sampleWebhook("n\($0)") })
        for index in 0..<20 {
            let one = other.claim(1)
            #expect(one.sids == ["m\(index)"])
            other.queue.record(one.map(\.completion))
            #expect(eventually { other.queue.leases.count == 0 })
        }
    }

    @Test func `work that takes longer than a lease stays with a process that lives`() throws {
        let (slow, other) = (try machine("slow", lease: 400), try machine("other", lease: 400))
        _ = slow.append("x")
        let claimed = slow.claim(1)
        other.queue.want(1)
        // Several leases long nobody takes it.
        #expect(!eventually(seconds: 1.2) { !other.claimed.isEmpty })
        slow.queue.record(claimed.map(\.completion))
        #expect(slow.isEmpty)
        #expect(other.claimed.isEmpty)
    }

    @Test func `the result of a process that lost its lease is not recorded`() throws {
        let proxy = try FaultProxy(upstream: server.socketPath)
        let zombie = try machine("zombie", through: proxy)
        _ = zombie.append("x", "y", "z")
        let late = zombie.claim(3)
        proxy.set(.halfOpen)
        defer { proxy.set(.none) }
        let other = try machine("other")
        let taken = other.claim(3)
        #expect(taken.map(\.attempt) == [2, 2, 2])
        proxy.set(.none)
        zombie.queue.record([
            late[0].completion, .retry(id: late[1].id, dueMilliseconds: 0),
            .deadLetter(id: late[2].id, reason: .gone),
        ])
        #expect(eventually { zombie.queue.leases.count == 0 })
        let fenced = "hookline_redis_queue_takeovers_total{result=\"fenced\"}"
        #expect(zombie.page.value(fenced) == 3)
        let status = other.status { $0.owed == 3 }
        #expect(status?.rows[.normal]?.running == 3 && status?.deadLetters == 0)
        other.queue.record(taken.map(\.completion))
        #expect(other.isEmpty)
    }

    @Test func `an earlier claim of the same process counts as another's`() throws {
        let proxy = try FaultProxy(upstream: server.socketPath)
        let paused = try machine("paused", through: proxy)
        _ = paused.append("x")
        let first = paused.claim(1)
        proxy.set(.halfOpen)
        defer { proxy.set(.none) }
        let between = try machine("between")
        #expect(between.claim(1).map(\.attempt) == [2])
        // It dies too, and the first process comes back.
        try redis(
            "XCLAIM", "{hookline}:queue:normal", "hookline", "paused", "0",
            try entry(), "JUSTID")
        proxy.set(.none)
        paused.queue.record(first.map(\.completion))
        #expect(eventually { paused.queue.leases.count == 0 })
        #expect(try redis("XLEN", "{hookline}:queue:normal") == .integer(1))
    }

    private func entry() throws -> String {
        let entries = try redis("XRANGE", "{hookline}:queue:normal", "-", "+").elements
        return entries?.first?.elements?.first?.text ?? ""
    }

    @Test func `a message that ends every process is a dead letter after three`() throws {
        let writer = try machine("writer", lease: 60_000)
        _ = writer.append("x")
        for name in ["one", "two", "three"] {
            let crashing = try machine(name, lease: 1)
            #expect(crashing.claim(1).sids == ["x"])
            // Nobody hears of it again: its links end without a result.
            crashing.queue.stopClaiming()
        }
        let last = try machine("last", lease: 1)
        last.queue.want(1)
        #expect(last.status { $0.deadLetters == 1 }?.owed == 0)
        #expect(last.claimed.isEmpty)
        let poisoned = "hookline_redis_queue_takeovers_total{result=\"poisoned\"}"
        #expect(eventually { last.page.value(poisoned) == 1 })
        let fields = try redis("XRANGE", "{hookline}:dead", "-", "+").elements?.first?.elements?[1]
        let texts = fields?.elements?.map { $0.text ?? "" } ?? []
        let attempts = try #require(texts.firstIndex(of: "attempts"))
        #expect(texts.contains("poison") && texts[attempts + 1] == "3")
    }

    @Test func `a process takes up its predecessor's work at once`() throws {
        let before = try machine("before", lease: 60_000)
        _ = before.append([sampleWebhook("x"), sampleWebhook("y", priority: .high)])
        _ = before.claim(2)
        before.queue.stopClaiming()
        let after = try machine("after", lease: 60_000) { $0.predecessor = "before" }
        #expect(Set(after.claim(2).sids) == ["x", "y"])
    }

    @Test func `a consumer that owns nothing is forgotten at its end, one that owns is not`() throws
    {
        func names() throws -> Set<String> {
            let reply = try redis("XINFO", "CONSUMERS", "{hookline}:queue:normal", "hookline")
            return Set(reply.elements?.compactMap { $0.elements?[1].text } ?? [])
        }
        let (idle, owner) = (try machine("idle"), try machine("owner"))
        _ = owner.append("x", "y")
        _ = owner.claim(1)
        idle.queue.record(idle.claim(1).map(\.completion))
        #expect(eventually { idle.queue.leases.count == 0 })
        #expect(try names() == ["idle", "owner"])
        idle.queue.stop(deadlineNanoseconds: RedisClock.now() + 5_000_000_000)
        owner.queue.stop(deadlineNanoseconds: RedisClock.now() + 5_000_000_000)
        #expect(try names() == ["owner"])
    }
}
