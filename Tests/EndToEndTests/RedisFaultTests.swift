import Foundation
import TestSupport
import Testing

/// R9, X2: no fault of Redis costs a message or a slow reply.
extension EndToEnd {
    @Suite(.serialized) struct RedisFaultTests {
        /// What happens to Redis under load.
        enum Fault: String, CaseIterable, CustomTestStringConvertible {
            case stopped, killed, writesPaused, sleeps, connectionsKilled, scriptsFlushed
            case wrongPassword, full, trickle, reset, garbage, halfOpen

            var testDescription: String { rawValue }

            /// Does it; what it returns undoes it.
            func strike(_ redis: SharedRedis) throws -> () throws -> Void {
                switch self {
                case .stopped:
                    redis.server.pause()
                    return { redis.server.resume() }
                case .killed:
                    redis.server.kill()
                    return { try redis.server.restart() }
                case .writesPaused:
                    try redis("CLIENT", "PAUSE", "600000", "WRITE")
                    return { try redis("CLIENT", "UNPAUSE") }
                case .sleeps:
                    let seconds = Torture.isOn ? "5" : "1"
                    Thread.detachNewThread { _ = try? redis("DEBUG", "SLEEP", seconds) }
                    return {}
                case .connectionsKilled:
                    try redis("CLIENT", "KILL", "TYPE", "NORMAL")
                    return {}
                case .scriptsFlushed:
                    try redis("SCRIPT", "FLUSH")
                    return {}
                case .wrongPassword:
                    try redis("CONFIG", "SET", "requirepass", "another")
                    try redis("CLIENT", "KILL", "TYPE", "NORMAL", password: "another")
                    return { try redis("CONFIG", "SET", "requirepass", "", password: "another") }
                case .full:
                    try redis("CONFIG", "SET", "maxmemory", "1")
                    return { try redis("CONFIG", "SET", "maxmemory", "0") }
                case .trickle:
                    redis.proxy.set(.trickle(milliseconds: 20))
                    return { redis.proxy.set(.none) }
                case .reset:
                    redis.proxy.set(.reset(afterBytes: 100))
                    return { redis.proxy.set(.none) }
                case .garbage:
                    redis.proxy.set(.garbage(Array("!garbage\r\n".utf8)))
                    return { redis.proxy.set(.none) }
                case .halfOpen:
                    redis.proxy.set(.halfOpen)
                    return {
                        redis.proxy.set(.none)
                        redis.proxy.cut()
                    }
                }
            }
        }

        private func acknowledged(_ load: Load, _ count: Int) -> Bool {
            let target = load.outcome.acknowledged.count + count
            return eventually(seconds: 60) { load.outcome.acknowledged.count >= target }
        }

        @Test(arguments: Fault.allCases)
        func `R9 X2 a fault of Redis costs no message, no reply but 200, and no second delivery`(
            fault: Fault
        ) throws {
            let (redis, application) = (try SharedRedis(), try Application())
            let receiver = try Receiver(redis.queue + ["--forward-to", application.url])
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 6)
            #expect(acknowledged(load, 150))
            let mend = try fault.strike(redis)
            #expect(acknowledged(load, Torture.count(300, torture: 10_000)))
            try mend()
            #expect(acknowledged(load, 150))
            #expect(load.stop())

            let outcome = load.outcome
            #expect(outcome.refused.isEmpty, "\(outcome.refused.prefix(3))")
            #expect(outcome.acknowledged == outcome.sent)
            // R1: the deadline of every reply.
            #expect(outcome.longest < .seconds(2))
            #expect(try receiver.hasDrained(into: redis, seconds: 60))
            #expect(eventually { Set(application.taken).isSuperset(of: outcome.acknowledged) })
            let metrics = try receiver.metrics(afterReplies: outcome.sent.count)
            #expect(metrics["spooled"] == 0)
            #expect(metrics[#"redis_breaker_open{role="queue"}"#] == 0)
            #expect(metrics["redis_queue_losses_total"] == 0)
            #expect(receiver.stop() == 0)
            #expect(application.taken.count == outcome.sent.count)
            #expect(try redis.owed() == 0)
        }

        @Test func `X2 a Redis that was emptied is noticed, counted and worked on with`() throws {
            let (redis, application) = (try SharedRedis(), try Application())
            application.hold()
            let receiver = try Receiver(redis.queue + ["--forward-to", application.url])
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 4)
            #expect(acknowledged(load, 300))
            try redis("FLUSHALL")
            #expect(acknowledged(load, 200))
            #expect(load.stop())
            #expect(load.outcome.refused.isEmpty)
            #expect(load.outcome.acknowledged == load.outcome.sent)
            let isCounted = try eventually {
                let metrics = try receiver.metrics()
                return metrics["redis_queue_losses_total"] == 1
                    && metrics.sum("redis_queue_lost_messages_total") > 0
            }
            #expect(isCounted)
            #expect(receiver.log.contains("Redis has lost messages that it had confirmed"))
            application.release()
            #expect(try receiver.send(10).status == 0)
            #expect(try receiver.hasDrained(into: redis))
            #expect(receiver.stop() == 0)
        }

        @Test func `X2 a Redis that is away from the start is no reason not to serve`() throws {
            let (redis, application) = (try SharedRedis(), try Application())
            redis.server.kill()
            let receiver = try Receiver(redis.queue + ["--forward-to", application.url])
            #expect(try receiver.send(20).status == 0)
            #expect(try receiver.ops("/readyz").status == 200)
            #expect(try receiver.metrics()["spooled"] == 20)
            try redis.server.restart()
            #expect(try receiver.hasDrained(into: redis))
            #expect(eventually { application.taken.count == 20 })
        }

        @Test func `R9 with Redis and the disk away the application takes it, and 200 is said`()
            throws
        {
            let (redis, application) = (try SharedRedis(), try Application())
            let faults = try DiskFaults()
            let receiver = try Receiver(
                redis.queue + ["--forward-to", application.url], faults: faults)
            #expect(try receiver.send(3).status == 0)
            redis.server.pause()
            try faults.delay(milliseconds: 3000)
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 3)
            #expect(eventually(seconds: 30) { load.outcome.acknowledged.count >= 6 })
            #expect(load.stop())
            #expect(load.outcome.refused.isEmpty)
            #expect(load.outcome.longest < .seconds(2))
            try faults.delay(milliseconds: 0)
            redis.server.resume()
            #expect(try receiver.hasDrained(into: redis))
            #expect(eventually { application.taken.count >= load.outcome.sent.count + 3 })
            #expect(try receiver.metrics().sum("immediate_processed_total") > 0)
        }

        @Test(arguments: [("20ms", true), ("900ms", false)])
        func `R4 R16 redis-timeout is how long the validation cache waits for Redis`(
            timeout: String, isLate: Bool
        ) throws {
            let redis = try SharedRedis()
            let receiver = try Receiver(redis.arguments + ["--redis-timeout", timeout])
            #expect(try eventually { try receiver.metrics()[#"redis_up{role="cache"}"#] == 1 })
            redis.proxy.set(.delay(milliseconds: 200))
            #expect(try receiver.send(1).status == 0)
            let metrics = try receiver.metrics(afterReplies: 1)
            let cache = "validation_cache_requests_total"
            #expect(metrics[cache + #"{tier="redis",result="timeout"}"#] == (isLate ? 1 : 0))
            #expect(metrics[cache + #"{tier="redis",result="miss"}"#] == (isLate ? 0 : 1))
            // R6: the wait is part of the validation, and 20 ms leave room within its 100 ms.
            let phase = #"webhook_phase_duration_seconds_bucket{phase="validation",le="0.1"}"#
            #expect(metrics[phase] == (isLate ? 1 : 0))
        }

        @Test(arguments: [("100ms", true), ("500ms", false)])
        func `redis-queue-timeout is how long an append waits for Redis`(
            timeout: String, isSpooled: Bool
        ) throws {
            let (redis, application) = (try SharedRedis(), try Application())
            let receiver = try Receiver(
                redis.queue + [
                    "--redis-queue-timeout", timeout, "--validation-cache", "memory",
                    "--forward-to", application.url,
                ])
            #expect(try eventually { try receiver.metrics()[#"redis_up{role="queue"}"#] == 1 })
            redis.proxy.set(.delay(milliseconds: 250))
            #expect(try receiver.send(1).status == 0)
            let metrics = try receiver.metrics(afterReplies: 1)
            let late = #"store_errors_total{store="redis",reason="deadline"}"#
            #expect(metrics[late] == (isSpooled ? 1 : 0))
            #expect(metrics["store_batch_messages_sum"] == (isSpooled ? 1 : 0))
            redis.proxy.set(.none)
            #expect(try receiver.hasDrained(into: redis))
            #expect(application.taken.count == 1)
        }
    }
}
