import TestSupport
import Testing

/// R14: a Prometheus that keeps native histograms only.
extension EndToEnd {
    @Suite struct NativeQueryTests {
        /// What the check still finds at the end of the time, one fault a line.
        private func faults(
            _ monitoring: MonitoringServers, seconds: Double, _ situation: String...
        ) throws -> String {
            let script = Repository.root + "/Tests/ObservabilityTests/Oracles/native_queries.py"
            var faults = "not asked"
            _ = try eventually(seconds: seconds) {
                let result = try ChildProcess.run(
                    Repository.python,
                    ["-B", script, Repository.root, monitoring.prometheusURL] + situation)
                faults = result.output + result.errors
                return faults.isEmpty
            }
            return faults
        }

        @Test func `rules and overview have values without any classic histogram`() throws {
            let application = try Application()
            let receiver = try Receiver(["--native-histograms", "--forward-to", application.url])
            let monitoring = try MonitoringServers(features: "exemplar-storage,native-histograms")
            try monitoring.scrape(receiver)
            #expect(monitoring.waits(for: "Watchdog", at: "watchdog") != nil, "\(monitoring.log)")
            let load = Load { number, sid in
                var webhook = SignedWebhook(sid: sid)
                if number % 10 == 9 { webhook.token = "another" }
                return webhook
            }
            load.start(port: receiver.webhookPort, connections: 2)
            #expect(try faults(monitoring, seconds: 120) == "")
            #expect(load.stop())
            #expect(try faults(monitoring, seconds: 60, "quiet") == "")
            #expect(receiver.stop() == 0)
        }
    }
}
