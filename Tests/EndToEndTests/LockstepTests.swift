import TestSupport
import Testing

/// Many keep-alive connections that all ask at once and wait for their reply.
extension EndToEnd {
    @Suite struct LockstepTests {
        /// The host that the messages are signed for.
        private static let host = "hooks.example.com"

        @Test(arguments: [128, 256, 512, 1_024])
        func `R1 keep-alive connections in lockstep do not stall`(connections: Int) throws {
            let folder = try TemporaryFolder()
            let signed = try ChildProcess.run(
                "python3",
                [
                    Repository.root + "/Benchmarks/wrk/sign.py", Receiver.token,
                    "http://\(Self.host)/webhook/whatsapp", "30000",
                ])
            #expect(signed.status == 0, "\(signed.errors)")
            try folder.write(signed.output, to: "messages")
            let receiver = try Receiver(["--log-level", "warning"])
            let result = try ChildProcess.run(
                "wrk",
                [
                    "--threads", "2", "--connections", "\(connections)", "--duration", "4s",
                    "--timeout", "2s", "--script", Repository.root + "/Benchmarks/wrk/signed.lua",
                    receiver.url(),
                ],
                environment: [
                    "MESSAGES": folder.path("messages"), "THREADS": "2", "SIGNED_HOST": Self.host,
                ])
            let line = try #require(result.output.split(separator: "\n").last, "\(result.errors)")
            let figures = line.split(separator: " ").compactMap { Double($0) }
            try #require(figures.count == 9, "\(result.output)\(result.errors)")
            // Each connection was served more than once, and none waited for more than 2 s.
            #expect(figures[0] > Double(2 * connections), "\(line)")
            #expect(Array(figures[1...3]) == [0, 0, 0], "\(line)")
            #expect(figures[4] < 2, "\(line)")
            let metrics = try receiver.metrics()
            #expect(metrics.sum("webhook_duration_seconds_count", #"outcome="accepted""#) > 0)
            #expect(metrics[#"budget_exceeded_total{budget="response"}"#] == 0)
            #expect(receiver.stop() == 0)
        }
    }
}
