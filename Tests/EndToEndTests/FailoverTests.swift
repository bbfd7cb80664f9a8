import Foundation
import TestSupport
import Testing

/// X2, R9: another Redis takes the place of the one that machines share.
extension EndToEnd {
    @Suite(.serialized) struct FailoverTests {
        /// How the replica stands when the master dies, and how many replicas have to confirm.
        struct Case: Sendable, CustomTestStringConvertible {
            /// True when it has lost touch before, so that a failover loses what came since.
            var isBehind: Bool
            /// The value of --redis-replicas.
            var replicas: Int

            var testDescription: String {
                "\(isBehind ? "lost touch" : "follows"), \(replicas) must confirm"
            }

            /// Those for which `make test` has time, or all.
            static var all: [Case] {
                let some = [Case(isBehind: true, replicas: 0), Case(isBehind: true, replicas: 1)]
                let more = [Case(isBehind: false, replicas: 0), Case(isBehind: false, replicas: 1)]
                return Torture.isOn ? some + more : some
            }
        }

        private static let durable = "appendonly yes\nappendfsync always\n"

        private func arguments(_ redis: SentinelFixture) -> [String] {
            let places = redis.sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
            return ["--redis", "redis+sentinel://\(places)/m/0", "--queue", "redis"]
        }

        private func acknowledged(_ load: Load, _ count: Int) -> Bool {
            let target = load.outcome.acknowledged.count + count
            return eventually(seconds: 60) { load.outcome.acknowledged.count >= target }
        }

        private func isMaster(_ server: RedisServer) -> Bool {
            (try? server("ROLE"))?.hasPrefix("master\n") == true
        }

        /// The replica is told to present a password that the master does not have.
        private func disconnect(_ redis: SentinelFixture) throws {
            try redis.replica("CONFIG", "SET", "masterauth", "another")
            try redis.master("CLIENT", "KILL", "TYPE", "REPLICA")
            let isDisconnected = try eventually {
                try redis.master("INFO", "replication").contains("connected_slaves:0")
            }
            #expect(isDisconnected)
        }

        @Test(arguments: Case.all)
        func `R9 X2 a failover costs no reply but 200, and no more than its window`(
            of test: Case
        ) throws {
            let (redis, application) = (try SentinelFixture(Self.durable), try Application())
            let receiver = try Receiver(
                arguments(redis) + [
                    "--forward-to", application.url, "--redis-replicas", "\(test.replicas)",
                ])
            #expect(try eventually { try receiver.metrics()[#"redis_up{role="queue"}"#] == 1 })
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 6)
            #expect(acknowledged(load, Torture.count(150, torture: 5000)))
            // What is not delivered is what a failover can lose.
            application.hold()
            let before = load.outcome.acknowledged
            if test.isBehind { try disconnect(redis) }
            #expect(acknowledged(load, 100))
            redis.master.kill()
            #expect(eventually(seconds: 60) { isMaster(redis.replica) })
            #expect(
                try eventually { try receiver.metrics()[#"redis_up{role="queue"}"#] == 1 })
            let untilAfter = load.outcome.sent
            #expect(acknowledged(load, Torture.count(150, torture: 5000)))
            let next = try SentinelFixture.replica(of: redis.replica, Self.durable)
            #expect(acknowledged(load, 50))
            application.release()
            #expect(load.stop())

            let outcome = load.outcome
            #expect(outcome.refused.isEmpty, "\(outcome.refused.prefix(3))")
            #expect(outcome.acknowledged == outcome.sent)
            #expect(outcome.longest < .seconds(2))
            #expect(try receiver.hasDrained(into: redis.replica, seconds: 60))
            #expect(try eventually { try next.owed() == 0 })
            let metrics = try receiver.metrics(afterReplies: outcome.sent.count)
            #expect(receiver.stop() == 0)
            let lost = outcome.acknowledged.subtracting(application.taken)
            let counted = metrics.sum("redis_queue_lost_messages_total")
            if test.replicas > 0 {
                #expect(lost.isEmpty && counted == 0)
            } else {
                // Nothing of what came before or after it, and all that is lost is counted.
                let outside = lost.intersection(before).union(lost.subtracting(untilAfter))
                #expect(outside.isEmpty)
                #expect(!test.isBehind || !lost.isEmpty)
                #expect(Double(lost.count) <= counted)
                #expect(metrics["redis_queue_losses_total"] == (counted > 0 ? 1 : 0))
            }
        }

        /// What an operator can do to it with one word too many: the data goes with it.
        @Test func `R9 X2 a master that is demoted under an empty one costs no reply but 200`()
            throws
        {
            let (redis, application) = (try SharedRedis(), try Application())
            let empty = try RedisServer("repl-diskless-sync-delay 0\n", tcp: true)
            application.hold()
            let receiver = try Receiver(redis.queue + ["--forward-to", application.url])
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 4)
            #expect(acknowledged(load, 200))
            try redis("REPLICAOF", "127.0.0.1", "\(empty.port)")
            let before = load.outcome.sent
            #expect(try eventually { try redis("ROLE").contains("connected") })
            #expect(acknowledged(load, 200))
            // It cannot be written to, and what comes is kept on the machine.
            #expect(try eventually { try (receiver.metrics()["spooled"] ?? 0) > 0 })
            try redis("REPLICAOF", "NO", "ONE")
            #expect(acknowledged(load, 200))
            #expect(load.stop())
            application.release()

            let outcome = load.outcome
            #expect(outcome.refused.isEmpty, "\(outcome.refused.prefix(3))")
            #expect(outcome.acknowledged == outcome.sent)
            #expect(outcome.longest < .seconds(2))
            #expect(try receiver.hasDrained(into: redis, seconds: 60))
            let metrics = try receiver.metrics(afterReplies: outcome.sent.count)
            #expect(receiver.log.contains("Redis has lost messages that it had confirmed"))
            #expect(receiver.stop() == 0)
            let lost = outcome.acknowledged.subtracting(application.taken)
            #expect(!lost.isEmpty && lost.subtracting(before).isEmpty)
            #expect(metrics["redis_queue_losses_total"] == 1)
            #expect(metrics.sum("redis_queue_lost_messages_total") >= Double(lost.count))
        }
    }
}
