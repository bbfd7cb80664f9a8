import Foundation
import TestSupport
import Testing

/// R1, R9: every answer in time, nothing lost and nothing repeated, while the disk is slow or
/// fails.
extension EndToEnd {
    @Suite struct StoreFaultTests {
        /// The longest of so many looks at `/healthz` and `/metrics`, one after another.
        private func longestLook(_ receiver: Receiver, _ count: Int) throws -> Duration {
            let clock = ContinuousClock()
            var longest = Duration.zero
            for _ in 0..<count {
                for path in ["/healthz", "/metrics"] {
                    let start = clock.now
                    #expect(try receiver.ops(path).status == 200)
                    longest = max(longest, clock.now - start)
                }
            }
            return longest
        }

        @Test(arguments: [3_000, 30_000])
        func `R1 R9 a slow disk delays no reply and repeats no message`(
            milliseconds: Int
        ) throws {
            let application = try Application()
            let faults = try DiskFaults()
            let receiver = try Receiver(
                [
                    "--forward-to", application.url, "--retry-initial", "10ms", "--retry-cap",
                    "50ms",
                ], faults: faults)
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 8)
            #expect(eventually { load.outcome.acknowledged.count >= 50 })
            // The application takes what the store cannot.
            try faults.delay(milliseconds: milliseconds)
            let normal = load.outcome.acknowledged.count
            #expect(eventually { load.outcome.acknowledged.count >= normal + 24 })
            #expect(try longestLook(receiver, 20) < .milliseconds(100))
            // Neither does: 503, and the message is committed later all the same.
            application.answer(.init(500))
            #expect(eventually { load.outcome.refused.count >= 16 })
            #expect(try longestLook(receiver, 20) < .milliseconds(100))
            try faults.mend()
            application.answer(.init(200))
            #expect(load.stop())
            let outcome = load.outcome
            #expect(outcome.longest < .seconds(2))
            #expect(Set(outcome.refused.values) == [503])
            #expect(outcome.acknowledged.count + outcome.refused.count == outcome.sent.count)
            #expect(
                eventually(seconds: 60) {
                    Set(application.taken).isSuperset(of: outcome.sent)
                })
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(receiver.stop() == 0)
            #expect(Set(application.taken) == outcome.sent)
            #expect(application.taken.count == outcome.sent.count)
        }

        @Test func `R9 a failed sync goes on to the next step and the process ends to recover`()
            throws
        {
            let application = try Application()
            let faults = try DiskFaults()
            let receiver = try Receiver(
                [
                    "--forward-to", application.url, "--retry-initial", "10ms", "--retry-cap",
                    "50ms",
                ], faults: faults)
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 8)
            #expect(eventually { load.outcome.acknowledged.count >= 50 })
            try faults.fail()
            #expect(load.waitForEnd())
            #expect(receiver.process.wait() == 1)
            #expect(receiver.log.contains("the store failed to sync"))
            let outcome = load.outcome
            #expect(outcome.longest < .seconds(2))
            #expect(outcome.refused.values.allSatisfy { $0 == 503 })
            // Each has an answer: the stop that follows resets no connection.
            #expect(
                outcome.acknowledged.union(outcome.refused.keys).count == outcome.sent.count)
            try faults.mend()
            try receiver.restart()
            #expect(
                eventually { Set(application.taken).isSuperset(of: outcome.acknowledged) })
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(receiver.stop() == 0)
            #expect(outcome.sent.isSuperset(of: application.taken))
            #expect(Set(application.taken).count == application.taken.count)
        }

        @Test func `a sync that fails in the checkpoint of a stop is told, and loses nothing`()
            throws
        {
            let faults = try DiskFaults()
            let receiver = try Receiver(
                ["--forward-to", "http://127.0.0.1:\(try LoopbackSocket.closedPort())/"],
                faults: faults)
            #expect(try receiver.send(5).status == 0)
            try faults.fail()
            receiver.process.signal(SIGTERM)
            #expect(receiver.process.wait() == 1)
            #expect(receiver.log.contains("the store failed to sync"))
            try faults.mend()
            try receiver.restart()
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 5 })
        }
    }
}
