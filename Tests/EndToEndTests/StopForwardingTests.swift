import Foundation
import TestSupport
import Testing

/// A graceful stop delivers nothing twice: what is under way comes to its end, and its result is
/// stored before the process leaves.
extension EndToEnd {
    @Suite struct StopForwardingTests {
        /// Stops while attempts are held, releases them, and starts again.
        private func stopUnderWay(_ arguments: [String]) throws -> (Application, String) {
            let application = try Application()
            application.hold()
            let receiver = try Receiver(["--forward-to", application.url] + arguments)
            #expect(try receiver.send(20).status == 0)
            #expect(eventually { application.requests.count == 20 })
            receiver.process.signal(SIGTERM)
            #expect(eventually { receiver.log.contains("\"stopping") })
            application.release()
            #expect(receiver.process.wait() == 0)
            #expect(application.taken.count == 20)
            try receiver.restart()
            #expect(try receiver.send(1, ["--media"]).status == 0)
            #expect(eventually { application.taken.contains { $0.hasPrefix("MM") } })
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(receiver.stop() == 0)
            return (application, receiver.log)
        }

        @Test func `attempts that a stop finds under way are not made again`() throws {
            let (application, log) = try stopUnderWay([])
            #expect(application.requests.count == 21)
            #expect(Set(application.taken).count == 21)
            #expect(!log.contains("were cut"))
        }

        @Test func `attempts that a stop finds under way are not made again, with Redis`() throws {
            let redis = try SharedRedis()
            let (application, log) = try stopUnderWay(redis.queue)
            #expect(application.requests.count == 21)
            #expect(Set(application.taken).count == 21)
            #expect(!log.contains("were cut"))
        }

        @Test func `what the application takes directly during a stop does not come again`() throws
        {
            let application = try Application()
            application.hold()
            let faults = try DiskFaults()
            let receiver = try Receiver(
                [
                    "--forward-to", application.url, "--response-deadline", "8s",
                    "--shutdown-deadline", "20s",
                ], faults: faults)
            // The commit hangs for so long that the application is asked.
            try faults.delay(milliseconds: 6_000)
            let client = try RawClient(port: receiver.webhookPort, receiveSeconds: 20)
            let webhook = SignedWebhook(sid: "SM1")
            client.send(try webhook.request())
            #expect(eventually { application.requests.count == 1 })
            receiver.process.signal(SIGTERM)
            #expect(eventually { receiver.log.contains("\"stopping") })
            try faults.mend()
            application.release()
            #expect(client.response()?.status == 200)
            #expect(receiver.process.wait() == 0)
            try receiver.restart()
            // Twilio sends it again, and something else comes: that alone is forwarded.
            let again = try RawClient(port: receiver.webhookPort)
            again.send(try webhook.request())
            #expect(again.response()?.status == 200)
            #expect(try receiver.send(1, ["--media"]).status == 0)
            #expect(eventually { application.taken.contains { $0.hasPrefix("MM") } })
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(receiver.stop() == 0)
            #expect(application.taken.filter { $0 == "SM1" }.count == 1)
        }

        @Test func `nothing is begun once a stop has begun, and it is there after a restart`()
            throws
        {
            let application = try Application()
            application.hold()
            let receiver = try Receiver([
                "--forward-to", application.url, "--forward-concurrency", "2",
            ])
            #expect(try receiver.send(10).status == 0)
            #expect(eventually { application.requests.count == 2 })
            receiver.process.signal(SIGTERM)
            #expect(eventually { receiver.log.contains("\"stopping") })
            application.release()
            #expect(receiver.process.wait() == 0)
            #expect(application.requests.count == 2)
            try receiver.restart()
            #expect(eventually { application.taken.count == 10 })
            #expect(Set(application.taken).count == 10)
            #expect(
                application.requests.allSatisfy {
                    $0.headText.contains("Hookline-Attempt: 1\r\n")
                })
            #expect(receiver.stop() == 0)
        }

        @Test func `an attempt that does not end is cut at the deadline, counted and made again`()
            throws
        {
            let application = try Application()
            application.hold()
            let receiver = try Receiver([
                "--forward-to", application.url, "--shutdown-deadline", "1500ms",
            ])
            #expect(try receiver.send(3).status == 0)
            #expect(eventually { application.requests.count == 3 })
            #expect(receiver.stop() == 0)
            let cut = receiver.log.split(separator: "\n").filter { $0.contains("were cut") }
            #expect(cut.count == 1 && cut[0].contains("\"count\":3"), "\(cut)")
            try receiver.restart()
            #expect(eventually { application.requests.count == 6 })
            #expect(
                application.requests.suffix(3).allSatisfy {
                    $0.headText.contains("Hookline-Attempt: 2\r\n")
                })
            application.release()
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(receiver.stop() == 0)
        }
    }
}
