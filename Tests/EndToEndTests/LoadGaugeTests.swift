import Foundation
import TestSupport
import Testing

/// What is under way, and what was turned away, as an operator sees it (X14, X15).
extension EndToEnd {
    @Suite struct LoadGaugeTests {
        @Test func `requests and deliveries under way are counted, and none is left over`() throws {
            let application = try Application()
            application.hold()
            let faults = try DiskFaults()
            let receiver = try Receiver(["--forward-to", application.url], faults: faults)
            #expect(try receiver.send(3).status == 0)
            #expect(try eventually { try receiver.metrics()["deliveries_in_flight"] == 3 })
            #expect(try receiver.metrics()["deliveries_in_flight_max"] == 128)
            #expect(try receiver.metrics()["validation_cache_entries"] == 3)
            // A disk on which tests can run has a megabyte left.
            #expect(try receiver.metrics()["data_dir_free_bytes"] ?? 0 > 1e6)
            // While a commit hangs, what came waits for it, and later for the application.
            try faults.delay(milliseconds: 1800)
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 5)
            #expect(try eventually { try receiver.metrics()["requests_in_flight"] == 5 })
            #expect(try eventually { try receiver.metrics()["immediate_waiting"] ?? 0 > 0 })
            try faults.mend()
            application.release()
            #expect(load.stop())
            let isQuiet = try eventually {
                let metrics = try receiver.metrics()
                return [
                    "deliveries_in_flight", "requests_in_flight", "requests_waiting",
                    "immediate_waiting",
                ].allSatisfy { metrics[$0] == 0 }
            }
            #expect(isQuiet)
        }

        @Test func `a request that waits for its token is counted, and the size of each body`()
            throws
        {
            let folder = try TemporaryFolder()
            try folder.write(
                "until [ -s \(folder.path("token")) ]; do sleep 0.02; done\n"
                    + "cat \(folder.path("token"))",
                to: "command")
            let receiver = try Receiver(
                [
                    "--tokens-command", "/bin/sh \(folder.path("command"))",
                    "--signature-timeout", "5s", "--response-deadline", "14s",
                ], folder: folder, authToken: nil)
            let webhook = SignedWebhook(sid: "SM1")
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try webhook.request())
            #expect(try eventually { try receiver.metrics()["token_waits"] == 1 })
            try folder.write(Receiver.token, to: "token")
            #expect(client.response()?.status == 200)
            let metrics = try receiver.metrics()
            #expect(metrics["token_waits"] == 0)
            #expect(metrics["webhook_body_bytes_count"] == 1)
            #expect(metrics["webhook_body_bytes_sum"] == Double(webhook.form.utf8.count))
            #expect(metrics[#"webhook_body_bytes_bucket{le="256.0"}"#] == 1)
        }

        @Test func `X15 what is turned away near the bound of the connections is counted`() throws {
            let receiver = try Receiver(["--connections-max", "16", "--threads", "1"])
            let clients = try (0..<15).map { _ in try RawClient(port: receiver.webhookPort) }
            #expect(try eventually { try receiver.metrics()["connections"] == 15 })
            clients[14].send(try SignedWebhook(sid: "SM1").request())
            #expect(clients[14].response()?.status == 503)
            let shed = #"requests_shed_total{reason="connections"}"#
            #expect(try eventually { try receiver.metrics()[shed] == 1 })
            let metrics = try receiver.metrics()
            #expect(metrics[#"requests_shed_total{reason="stopping"}"#] == 0)
            #expect(metrics[#"requests_shed_total{reason="waiting"}"#] == 0)
            #expect(metrics["connections_max"] == 16)
            withExtendedLifetime(clients) {}
        }
    }
}
