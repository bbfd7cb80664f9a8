import Foundation
import Synchronization
import TestSupport
import Testing

/// X2, X4: machines that share a queue, and some of which die. Nothing is lost, and only what a
/// dead one had claimed comes twice.
extension EndToEnd {
    @Suite(.serialized) struct FleetTests {
        private let redis: SharedRedis
        private let application: Application
        /// A lease is 30 s; in `make test` it is 2 s, so that nobody has to wait so long.
        private let lease: Duration = Torture.isOn ? .seconds(30) : .seconds(2)

        init() throws {
            redis = try SharedRedis()
            application = try Application()
        }

        private func machine(_ concurrency: Int, _ application: Application) throws -> Receiver {
            try Receiver(
                redis.queue + [
                    "--forward-to", application.url, "--log-level", "warning",
                    "--forward-concurrency", "\(concurrency)",
                ],
                environment: Torture.isOn ? [:] : ["INVARIANT_CONTROL": "short-lease"])
        }

        /// What Redis says a machine has claimed: the message, and for how many milliseconds
        /// nothing was heard of it.
        private func claimed(by machine: Receiver) throws -> [(sid: String, idle: Int)] {
            let name = machine.folder.text("data/redis-consumer").split(separator: "\n")[0]
            let stream = "{hookline}:queue:normal"
            let lines = try redis("XPENDING", stream, "hookline", "-", "+", "1000", String(name))
                .split(separator: "\n").map(String.init)
            return try stride(from: 0, to: lines.count / 4 * 4, by: 4).map { at in
                let entry = try redis("XRANGE", stream, lines[at], lines[at])
                let sid = entry.firstMatch(of: /MessageSid=(\w+)/)?.output.1
                return (String(sid ?? "-"), Int(lines[at + 2]) ?? 0)
            }
        }

        private func post(_ sids: [String], to machine: Receiver) throws {
            let client = try RawClient(port: machine.webhookPort)
            for sid in sids {
                client.send(try SignedWebhook(sid: sid).request())
                #expect(client.response()?.status == 200)
            }
        }

        /// A machine that has died with these messages in its hands, and has not answered for them.
        private func deadMachine(owing sids: [String]) throws -> Receiver {
            let silent = try Application()
            silent.hold()
            let machine = try machine(sids.count, silent)
            try post(sids, to: machine)
            #expect(eventually { silent.requests.count == sids.count })
            machine.kill()
            #expect(try claimed(by: machine).count == sids.count)
            return machine
        }

        @Test
        func `X2 machines that die in turn lose nothing and repeat only what they had claimed`()
            throws
        {
            let concurrency = 4
            let machines = try (0..<3).map { _ in try machine(concurrency, application) }
            let clients = RoamingClients(ports: machines.map(\.webhookPort))
            clients.start(9)
            var claimedAtDeaths: [String] = []
            let kills = Torture.count(6, torture: 60)
            for kill in 0..<kills {
                // At full length some seconds each.
                let goal = clients.acknowledgedCount + Torture.count(150, torture: 1500)
                #expect(eventually(seconds: 60) { clients.acknowledgedCount >= goal })
                let machine = machines[kill % 3]
                machine.kill()
                claimedAtDeaths += try claimed(by: machine).map(\.sid)
                try machine.restart()
                clients.machine(kill % 3, listensOn: machine.webhookPort)
            }
            #expect(clients.stop())
            let outcome = clients.outcome
            #expect(outcome.refused.isEmpty, "\(outcome.refused.prefix(3))")
            #expect(outcome.acknowledged == Set(outcome.sent.keys))
            #expect(outcome.longest < .seconds(2))
            for machine in machines { #expect(try machine.hasDrained(into: redis, seconds: 60)) }
            for machine in machines { #expect(machine.stop() == 0) }

            let taken = application.taken
            let lost = outcome.acknowledged.subtracting(taken)
            #expect(lost.isEmpty && outcome.acknowledged.isSuperset(of: taken))
            // Some messages were sent to two machines: without their replies being known.
            #expect(outcome.sent.values.contains { $0 > 1 })
            let repeated = Dictionary(grouping: taken, by: \.self).filter { $0.value.count > 1 }
            let others = Set(repeated.keys).subtracting(claimedAtDeaths)
            #expect(others.isEmpty)
            #expect(taken.count - Set(taken).count <= claimedAtDeaths.count)
            // What is claimed is under way, or its completion is on its way to Redis.
            #expect(claimedAtDeaths.count <= kills * 2 * concurrency)
            #expect(try redis("XLEN", "{hookline}:dead") == "0")
        }

        @Test func `X2 a dead machine's work is taken up within one lease`() throws {
            let sids = (0..<4).map { "SMold\($0)" }
            _ = try deadMachine(owing: sids)
            let death = ContinuousClock().now
            let other = try machine(1, application)
            #expect(eventually(seconds: 60) { application.taken.count == sids.count })
            // The promise; with a lease of 2 s a busy machine could break it.
            if Torture.isOn { #expect(ContinuousClock().now - death < lease) }
            #expect(application.taken == sids)
            let reclaimed = #"redis_queue_takeovers_total{result="reclaimed"}"#
            #expect(try other.metrics()[reclaimed] == 4)
            #expect(try other.hasDrained(into: redis))
        }

        @Test func `X2 a dead machine's work is taken up oldest first and before anything new`()
            throws
        {
            let old = (0..<4).map { "SMold\($0)" }
            let dead = try deadMachine(owing: old)
            application.hold()
            let other = try machine(1, application)
            let new = (0..<6).map { "SMnew\($0)" }
            try post(new, to: other)
            // It works on the first one and has more than enough to do.
            #expect(eventually { application.requests.count == 1 })
            let milliseconds = Int(lease.components.seconds) * 1000
            let isOver = try eventually(seconds: 60) {
                try claimed(by: dead).allSatisfy { $0.idle >= milliseconds }
            }
            #expect(isOver)
            application.release()
            #expect(eventually { application.taken.count == old.count + new.count })
            // Whether it began with the first one before the lease was over is no matter.
            #expect(application.taken.filter { $0 != new[0] } == old + new[1...])
        }

        @Test func `X2 a machine that comes back goes on with its own work at once`() throws {
            let machine = try Receiver(
                redis.queue + ["--forward-to", application.url, "--forward-concurrency", "4"])
            application.hold()
            try post((0..<4).map { "SM\($0)" }, to: machine)
            #expect(eventually { application.requests.count == 4 })
            machine.kill()
            application.release()
            #expect(eventually { application.isQuiet })
            let before = application.taken.count
            try machine.restart()
            // Not at the end of a lease of 30 s.
            #expect(eventually(seconds: 10) { application.taken.count == before + 4 })
            #expect(try machine.hasDrained(into: redis))
        }

        /// Posts messages to every machine at once, over two connections each and in one order, so
        /// that a message is at all of them at nearly the same moment.
        private func race(_ messages: [String], to machines: [Receiver]) -> [Int] {
            let statuses = Mutex<[Int]>([])
            let running = Atomic<Int>(machines.count * 2)
            for machine in machines {
                let next = Position()
                let port = machine.webhookPort
                for _ in 0..<2 {
                    Thread.detachNewThread {
                        defer { running.subtract(1, ordering: .releasing) }
                        guard let client = try? RawClient(port: port) else { return }
                        while let index = next.take(below: messages.count) {
                            guard
                                let request = try? SignedWebhook(sid: messages[index]).request()
                            else { return }
                            client.send(request)
                            let status = client.response()?.status ?? 0
                            statuses.withLock { $0.append(status) }
                        }
                    }
                }
            }
            #expect(eventually(seconds: 120) { running.load(ordering: .acquiring) == 0 })
            return statuses.withLock { $0 }
        }

        /// A position that several threads advance.
        private final class Position: Sendable {
            private let value = Atomic<Int>(0)

            /// The next one; nil at the end.
            func take(below end: Int) -> Int? {
                let taken = value.add(1, ordering: .relaxed).oldValue
                return taken < end ? taken : nil
            }
        }

        @Test(arguments: [1, 5000])
        func `X4 one message posted to three machines at once, again and again, is delivered once`(
            different: Int
        ) throws {
            let machines = try (0..<3).map { _ in try machine(4, application) }
            let rounds = Torture.count(200, torture: 3334)
            let messages = (0..<rounds).map { "SM\($0 % different)" }
            let statuses = race(messages, to: machines)
            #expect(statuses.count == rounds * 3 && statuses.allSatisfy { $0 == 200 })
            for machine in machines { #expect(try machine.hasDrained(into: redis)) }
            for machine in machines { #expect(machine.stop() == 0) }
            #expect(application.taken.sorted() == Set(messages).sorted())
        }
    }
}
