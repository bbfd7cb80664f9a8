import Foundation
import TestSupport
import Testing

/// Graceful stops under load, and what is handed over at a start.
extension EndToEnd {
    @Suite struct StopTests {
        /// What `scripts/stop-storm` counted; its exit status says more than these tests ask for.
        private func storm(_ arguments: [String]) throws -> [String: Int] {
            let stops = Torture.count(10, torture: 1000)
            let result = try ChildProcess.run(
                Repository.python,
                [
                    "-B", Repository.root + "/scripts/stop-storm", "--json", "--stops", "\(stops)",
                    "--program", Repository.hookline,
                ] + arguments)
            let counts = try JSONDecoder().decode(
                [String: Int].self, from: Data(result.output.utf8))
            #expect(counts["stops"] == stops && counts["acknowledged"] ?? 0 > stops)
            for count in [
                "stops over 5 s", "stops with an error", "starts that failed", "reset",
                "other answers", "lost", "acknowledged twice",
            ] { #expect(counts[count] == 0, "\(count): \(result.output) \(result.errors)") }
            return counts
        }

        @Test func `stops under load reset no connection and lose no webhook`() throws {
            _ = try storm([])
        }

        @Test func `restarts with inherited sockets also refuse no connection`() throws {
            #expect(try storm(["--activation"])["refused"] == 0)
        }

        @Test func `a stop is not ready from its beginning, and still stores and answers`() throws {
            let receiver = try Receiver()
            let client = try RawClient(port: receiver.webhookPort)
            let sid = "SM" + String(repeating: "7", count: 32)
            let bytes = Array(try SignedWebhook(sid: sid).request().utf8)
            // Into its body, so that the request has begun for everybody.
            client.send(Array(bytes.dropLast(20)))
            #expect(try eventually { try receiver.metrics()["requests_in_flight"] == 1 })
            receiver.process.signal(SIGTERM)
            #expect(try eventually { try receiver.ops("/readyz").status == 503 })
            #expect(try receiver.ops("/readyz").body.contains("stopping"))
            client.send(Array(bytes.suffix(20)))
            let response = try #require(client.response())
            #expect(response.status == 200 && response.head.contains("Connection: close"))
            #expect(receiver.process.wait() == 0)
        }

        @Test func `a descriptor that is no socket for us is an error that names it`() throws {
            let folder = try TemporaryFolder()
            let line = "LISTEN_PID=$$ exec \"$0\" \"$@\" 3</dev/null"
            let result = try ChildProcess.run(
                "sh",
                [
                    "-c", line, Repository.hookline, "serve", "--origin-from-host", "--data-dir",
                    folder.path("data"),
                ], environment: ["TWILIO_AUTH_TOKEN": Receiver.token, "LISTEN_FDS": "1"])
            #expect(result.status == 1)
            #expect(
                result.errors.contains(
                    "socket activation (LISTEN_FDS): descriptor 3 is not a socket"))
        }
    }
}
