import Foundation
import TestSupport
import Testing

/// How the real program treats an application that asks for rest, or fails and comes back.
extension EndToEnd {
    @Suite struct PaceTests {
        private func check(rest arguments: [String]) throws {
            let application = try Application()
            application.answer(.init(429, headers: "Retry-After: 3\r\n"))
            let receiver = try Receiver(["--forward-to", application.url] + arguments)
            #expect(try receiver.send(1).status == 0)
            #expect(
                try eventually {
                    try receiver.metrics()["deliveries_in_flight_allowed"] == 0
                })
            let before = application.requests.count
            // Intake goes on as if nothing were.
            #expect(try receiver.send(100).status == 0)
            #expect(application.requests.count == before && before == 1)
            application.answer(.init(200))
            #expect(eventually { application.taken.count == 101 })
            #expect(Set(application.taken).count == 101)
            #expect(receiver.log.contains("asked for rest"))
            #expect(eventually { receiver.log.contains("takes messages again") })
            #expect(
                try eventually {
                    try receiver.metrics()["deliveries_in_flight_allowed"] == 64
                })
            #expect(receiver.stop() == 0)
        }

        @Test func `Retry-After holds back every message, and the application gets them after`()
            throws
        {
            try check(rest: [])
        }

        @Test func `Retry-After holds back every message of a queue in Redis`() throws {
            let redis = try SharedRedis()
            try check(rest: redis.queue)
        }

        private func check(outage arguments: [String]) throws {
            let application = try Application()
            application.answer(.init(503))
            // Nobody would wait for the end of these waits.
            let receiver = try Receiver(
                [
                    "--forward-to", application.url, "--retry-initial", "10m", "--retry-cap", "15m",
                ] + arguments)
            #expect(try receiver.send(200).status == 0)
            #expect(eventually { receiver.log.contains("only single attempts") })
            #expect(application.requests.count < 100)
            application.answer(.init(200))
            #expect(eventually(seconds: 60) { application.taken.count == 200 })
            #expect(Set(application.taken).count == 200)
            #expect(receiver.stop() == 0)
        }

        @Test func `after an outage everything that waits is sent at once, and once`() throws {
            try check(outage: [])
        }

        @Test func `after an outage everything in Redis that waits is sent at once, and once`()
            throws
        {
            let redis = try SharedRedis()
            try check(outage: redis.queue)
        }

        @Test func `a stop during a hold takes no longer than any other`() throws {
            let application = try Application()
            application.answer(.init(503, headers: "Retry-After: 600\r\n"))
            let receiver = try Receiver(["--forward-to", application.url])
            #expect(try receiver.send(1).status == 0)
            #expect(eventually { receiver.log.contains("asked for rest") })
            let clock = ContinuousClock()
            let start = clock.now
            #expect(receiver.stop() == 0)
            #expect(clock.now - start < .seconds(5))
        }
    }
}
