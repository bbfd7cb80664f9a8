import Foundation
import TestSupport
import Testing

/// Why a delivery keeps failing is in its line of the log and in what `hookline queue` shows.
extension EndToEnd {
    @Suite struct LastErrorTests {
        private func rows(_ receiver: Receiver) throws -> [[String: Any]] {
            let output = try receiver.command(["queue", "list", "--json"]).output
            let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return (object as? [String: Any])?["deliveries"] as? [[String: Any]] ?? []
        }

        private func check(_ arguments: [String]) throws {
            let application = try Application()
            application.answer(.init(422, body: "a secret"))
            let receiver = try Receiver(["--forward-to", application.url] + arguments)
            #expect(try receiver.send(1).status == 0)
            #expect(
                try eventually {
                    try rows(receiver).first?["last_error"] as? String == "HTTP 422"
                })
            let row = try #require(try rows(receiver).first)
            #expect(row["last_status"] as? Int == 422)
            #expect((row["last_error_at"] as? String)?.hasPrefix("20") == true)
            let id = try #require(row["id"] as? Int)
            for verb in [["list"], ["show", "\(id)"]] {
                let shown = try receiver.command(["queue"] + verb).output
                #expect(shown.contains("HTTP 422"), "\(shown)")
            }
            let shown = try receiver.command(["queue", "show", "\(id)", "--json"]).output
            #expect(shown.contains("\"last_error\":\"HTTP 422\"") && !shown.contains("secret"))
            #expect(receiver.log.contains("\"result\":\"client_error\",\"status\":422"))

            application.answer(.init(410))
            #expect(try eventually { try receiver.metrics()["dead_letters"] == 1 })
            let dead = try #require(try rows(receiver).first)
            #expect(dead["reason"] as? String == "gone")
            #expect(dead["last_error"] as? String == "HTTP 410")
            #expect(receiver.log.contains("\"status\":410"))
            #expect(receiver.stop() == 0)
        }

        @Test func `a status is kept with a delivery, and with a dead letter`() throws {
            try check(["--retry-initial", "50ms", "--retry-cap", "200ms"])
        }

        @Test func `a status is kept with a delivery, and with a dead letter, in Redis`() throws {
            let redis = try SharedRedis()
            try check(["--retry-initial", "50ms", "--retry-cap", "200ms"] + redis.queue)
        }

        @Test func `that nobody listens is kept in words`() throws {
            let port = try LoopbackSocket.closedPort()
            let receiver = try Receiver(["--forward-to", "http://127.0.0.1:\(port)/"])
            #expect(try receiver.send(1).status == 0)
            #expect(
                try eventually {
                    (try rows(receiver).first?["last_error"] as? String)?
                        .hasPrefix("connect: ") == true
                })
            #expect(try rows(receiver).first?["last_status"] == nil)
            #expect(receiver.log.contains("\"result\":\"connect\",\"error\":\""))
            #expect(receiver.stop() == 0)
        }
    }
}
