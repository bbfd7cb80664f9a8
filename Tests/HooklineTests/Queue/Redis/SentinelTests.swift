import Redis
import TestSupport
import Testing

@testable import Hookline

/// Links and queues that follow a failover of real sentinels.
@Suite(.startsPrograms) struct SentinelTests {
    private func link(_ redis: SentinelFixture) throws -> RedisClientFixture {
        try RedisClientFixture(redis.place, budgetMilliseconds: 300, graceMilliseconds: 200) {
            options in
            options.checkNanoseconds = 100_000_000
        }
    }

    /// The port of the server that a link is connected to.
    private func port(_ fixture: RedisClientFixture) -> UInt16? {
        let command = RedisCommand("CONFIG", "GET", "port")
        guard case .reply(let reply)? = fixture.ask(command, within: 1000) else { return nil }
        return reply.elements?.last?.integer.map { UInt16($0) }
    }

    @Test func `a link finds the master, and after its death the new one`() throws {
        let redis = try SentinelFixture()
        let fixture = try link(redis)
        #expect(eventually { port(fixture) == redis.master.port })
        #expect(fixture.ask(RedisCommand("SET", "k", "v")) == .reply(.status("OK")))
        redis.master.kill()
        #expect(eventually(seconds: 60) { port(fixture) == redis.replica.port })
        #expect(fixture.isReady)
        #expect(fixture.ask(RedisCommand("SET", "k", "new")) == .reply(.status("OK")))
        #expect(SentinelFixture.ask(redis.replica.port, "GET", "k") == .bytes(Array("new".utf8)))
    }

    @Test func `a master that was replaced while it stood still is not written to`() throws {
        let redis = try SentinelFixture()
        let fixture = try link(redis)
        #expect(eventually { port(fixture) == redis.master.port })
        // One of the sentinels stands still as well: the others are enough.
        redis.sentinels[0].pause()
        redis.master.pause()
        #expect(eventually(seconds: 60) { port(fixture) == redis.replica.port })
        // Nobody tells the old master: it goes on and believes that it still is one.
        for sentinel in redis.sentinels { sentinel.pause() }
        redis.master.resume()
        #expect(
            eventually {
                SentinelFixture.ask(redis.master.port, "ROLE")?.elements?.first?.text == "master"
            })
        for round in 0..<100 {
            let outcome = fixture.ask(RedisCommand("SET", "after:\(round)", "x"))
            #expect(outcome == .reply(.status("OK")))
        }
        #expect(SentinelFixture.ask(redis.master.port, "KEYS", "after:*") == .array([]))
        let clients = SentinelFixture.ask(redis.master.port, "CLIENT", "LIST")?.text
        #expect(clients?.contains("name=redis-test ") == false)
        // The sentinels go on; a link that begins now finds the new master, whoever it asks.
        for sentinel in redis.sentinels { sentinel.resume() }
        let second = try link(redis)
        #expect(eventually(seconds: 60) { port(second) == redis.replica.port })
        #expect(
            eventually(seconds: 60) {
                SentinelFixture.ask(redis.master.port, "ROLE")?.elements?.first?.text == "slave"
            })
        #expect(port(fixture) == redis.replica.port)
    }

    @Test func `what a replica had confirmed is there after a failover`() throws {
        let redis = try SentinelFixture()
        let fixture = try QueueFixture(redis.place) { options in
            options.replicas = 1
            options.budgetNanoseconds = 500_000_000
        }
        #expect(eventually { fixture.append("warm") == [.stored] })
        var sids: Set = ["warm"]
        for round in 0..<200 where fixture.append("x\(round)") == [.stored] {
            sids.insert("x\(round)")
        }
        redis.master.kill()
        // The new master has no replica: it takes messages, and none is called stored.
        #expect(
            eventually(seconds: 60) {
                fixture.append("after") == [.unknown] && !fixture.queue.isReplicated
            })
        #expect(fixture.queue.isReady)
        try redis.master.restart()
        // The sentinels make a replica of it, and what was kept meanwhile is confirmed.
        #expect(eventually(seconds: 60) { fixture.append("after") == [.duplicate] })
        #expect(fixture.append("more") == [.stored])
        sids.formUnion(["after", "more"])
        fixture.queue.want(400)
        #expect(eventually { sids.isSubset(of: Set(fixture.claimed.sids)) })
        #expect(fixture.page.value("hookline_redis_queue_lost_messages_total") == 0)
    }

    @Test func `without a sentinel the breaker opens, and closes when one answers`() throws {
        let redis = try RedisServer(tcp: true)
        let sentinel = try SentinelServer(watching: "m", port: redis.port)
        sentinel.pause()
        let place = RedisURL.Place.sentinels(
            [RedisURL.Sentinel(host: "127.0.0.1", port: sentinel.port)], master: "m")
        let fixture = try RedisClientFixture(place, budgetMilliseconds: 200, graceMilliseconds: 100)
        {
            $0.sentinelNanoseconds = 150_000_000
        }
        // No caller waits for a sentinel.
        #expect(fixture.ask(RedisCommand("PING"), within: 10) == .notSent(.timeout))
        #expect(fixture.opens)
        sentinel.resume()
        #expect(fixture.isReady)
        #expect(fixture.ask(RedisCommand("PING")) == .reply(.status("PONG")))
    }
}
