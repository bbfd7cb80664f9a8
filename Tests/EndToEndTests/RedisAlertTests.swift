import TestSupport
import Testing

/// R11: what somebody is told when the Redis of the queue is killed and comes back empty.
extension EndToEnd {
    @Suite struct RedisAlertTests {
        private static let queueDown = "HooklineRedisQueueDown"
        private static let cacheDown = "HooklineRedisCacheDown"
        private static let lost = "HooklineRedisLostMessages"
        private static let unsafe = "HooklineRedisUnsafe"

        @Test func `a Redis that goes and comes back empty is told once, by its worst consequence`()
            throws
        {
            let monitoring = try MonitoringServers()
            // Nothing is written to a disk: a kill loses all of it.
            let redis = try RedisServer()
            let receiver = try Receiver([
                "--queue", "redis", "--redis", "unix://\(redis.socketPath)",
                // Nobody takes the messages: they are in Redis when it is killed.
                "--forward-to", "http://127.0.0.1:\(try LoopbackSocket.closedPort())/",
            ])
            try monitoring.scrape(receiver)
            let unsafe = try #require(monitoring.waits(for: Self.unsafe, at: "chat"))
            #expect(["appendonly", "appendfsync"].contains(unsafe.labels["setting"]))
            #expect(try receiver.send(20).status == 0)
            #expect(
                try eventually {
                    try receiver.metrics().sum("queue_depth", #"store="redis""#) == 20
                })

            redis.kill()
            let down = try #require(monitoring.waits(for: Self.queueDown, at: "tickets"))
            #expect(down.labels["instance"] == "a" && down.labels["severity"] == "error")
            #expect(try eventually { try monitoring.isInhibited(Self.cacheDown) })
            #expect(try receiver.send(5).status == 0)
            #expect(try receiver.metrics()["spooled"] == 5)
            let status = try receiver.ops("/status.json").body
            #expect(status.contains(#""spooled":5"#), "\(status)")
            #expect(status.contains(#"{"role":"queue","up":false,"breaker_open":true}"#))

            try redis.restart()
            let page = try #require(monitoring.waits(for: Self.lost, at: "pager"))
            #expect(page.labels["severity"] == "critical")
            // Prometheus extrapolates. The five from the spool are in the new Redis and not lost.
            let words = page.annotations["description"] ?? ""
            #expect(words.contains(/known to be lost: about 2[0-2]\./), "\(words)")
            #expect(monitoring.waits(for: Self.queueDown, at: "tickets", "resolved") != nil)
            #expect(try eventually { try monitoring.isInhibited(Self.unsafe) })
            #expect(monitoring.notices(to: "chat", of: Self.cacheDown).isEmpty)
            #expect(try eventually { try receiver.metrics()["spooled"] == 0 })
            #expect(receiver.stop() == 0)
        }
    }
}
