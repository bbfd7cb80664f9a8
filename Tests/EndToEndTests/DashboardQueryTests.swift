import Foundation
import TestSupport
import Testing

/// R14: dashboards and console have something to show while a real Prometheus scrapes a real
/// receiver.
extension EndToEnd {
    @Suite struct DashboardQueryTests {
        /// Messages of both priorities, of many accounts, repeated, forged, and status callbacks.
        private static func mixed(_ number: Int, _ sid: String) -> SignedWebhook {
            // A new account now and then, whose token has to be fetched.
            let account = "AC" + String(String(number / 200 + 100_000).suffix(5))
            let padded = account + String(repeating: "0", count: 34 - account.utf8.count)
            var webhook = SignedWebhook(
                sid: number % 10 == 3 ? "SM" + String(repeating: "7", count: 32) : sid,
                path: number % 10 == 4 ? "/webhook/status" : "/webhook/whatsapp",
                media: number % 3 == 0 ? 1 : 0, account: padded)
            if number % 10 == 5 { webhook.token = "another" }
            return webhook
        }

        private func oracle(_ name: String, _ arguments: [String]) throws -> String {
            let script = Repository.root + "/Tests/ObservabilityTests/Oracles/\(name).py"
            let result = try ChildProcess.run(
                Repository.python, ["-B", script, Repository.root] + arguments)
            return result.output + result.errors
        }

        /// Redis does not answer for as long as some scrapes take, and is back.
        private func stop(_ redis: RedisServer, under receiver: Receiver) throws {
            #expect(
                try eventually {
                    try receiver.metrics().sum(
                        "store_operation_duration_seconds_count", #"store="redis""#) > 20
                }, "\(receiver.log.suffix(2_000))")
            redis.pause()
            #expect(
                try eventually {
                    let metrics = try receiver.metrics()
                    return metrics[#"redis_breaker_open{role="queue"}"#] == 1
                        && metrics["spool_oldest_message_age_seconds"] ?? 0 > 4
                })
            redis.resume()
            #expect(
                try eventually {
                    let metrics = try receiver.metrics()
                    return metrics[#"redis_up{role="queue"}"#] == 1
                        && metrics[#"redis_up{role="cache"}"#] == 1 && metrics["spooled"] == 0
                })
        }

        /// The page as a browser has it after its own scripts have run.
        private func browse(_ url: String, _ arguments: [String], _ folder: TemporaryFolder) throws
            -> String
        {
            try ChildProcess.run(
                "chromium",
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                    "--user-data-dir=\(folder.path("browser"))", "--window-size=1180,900",
                    "--virtual-time-budget=8000",
                ] + arguments + [url]
            ).output
        }

        @Test func `R14 every panel and the console have values under mixed load`() throws {
            let folder = try TemporaryFolder()
            try folder.write("#!/bin/sh\necho \(Receiver.token)\n", to: "command")
            let application = try Application()
            let redis = try RedisServer("appendonly yes\nappendfsync always\n")
            let receiver = try Receiver(
                [
                    "--tokens-command", "/bin/sh \(folder.path("command"))", "--forward-to",
                    application.url, "--retry-initial", "2s", "--queue", "redis", "--redis",
                    "unix://\(redis.socketPath)",
                ], authToken: nil)
            let monitoring = try MonitoringServers()
            try monitoring.scrape(receiver)
            // What happens before the first scrape is no increase of anything.
            #expect(monitoring.waits(for: "Watchdog", at: "watchdog") != nil, "\(monitoring.log)")
            let load = Load(Self.mixed)
            load.start(port: receiver.webhookPort, connections: 2)
            try stop(redis, under: receiver)
            var faults = "not asked"
            var isFailing = false
            #expect(
                try eventually(seconds: 90) {
                    // Some messages are taken, others are refused and wait for their next attempt.
                    isFailing.toggle()
                    application.answer(.init(isFailing ? 500 : 200))
                    faults = try oracle("panel_queries", [monitoring.prometheusURL])
                    return faults.isEmpty
                }, "\(faults)")
            #expect(
                try eventually(seconds: 60) {
                    faults = try oracle("console_figures", [monitoring.prometheusURL])
                    return faults.isEmpty
                }, "\(faults)")
            #expect(try receiver.metrics()["data_dir_free_bytes"] ?? 0 > 1_000_000)

            let page = monitoring.prometheusURL + "/consoles/hookline.html?minutes=1"
            let drawn = try browse(page, ["--dump-dom"], folder)
            #expect(drawn.contains("data-drawn=\"yes\""), "\(drawn)")
            #expect(drawn.ranges(of: "<path d=\"M").count >= 24)
            #expect(!drawn.contains("class=\"none\""))
            _ = try browse(page, ["--screenshot=\(folder.path("picture.png"))"], folder)
            #expect((folder.bytes("picture.png")?.count ?? 0) > 10_000)

            application.answer(.init(200))
            #expect(load.stop())
            #expect(receiver.stop() == 0)
        }
    }
}
