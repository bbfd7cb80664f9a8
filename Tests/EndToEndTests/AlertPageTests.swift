import Synchronization
import TestSupport
import Testing

/// R11, R14: what somebody is told when Hookline is slow or refuses, by real servers.
extension EndToEnd {
    @Suite struct AlertPageTests {
        private static let slow = "HooklineResponseTimeHigh"
        private static let critical = "HooklineResponseTimeCritical"
        private static let refused = "HooklineValidationFailuresHigh"

        /// Every tenth request is forged while the switch is on.
        private final class Forging: Sendable {
            let isOn = Atomic<Bool>(false)

            func webhook(_ number: Int, _ sid: String) -> SignedWebhook {
                var webhook = SignedWebhook(sid: sid)
                if isOn.load(ordering: .relaxed), number % 10 == 9 { webhook.token = "another" }
                return webhook
            }
        }

        @Test func `R11 slow replies and refused signatures reach the right person, and end`()
            throws
        {
            let monitoring = try MonitoringServers()
            let faults = try DiskFaults()
            let arguments = ["--response-deadline", "12s"]
            let receiver = try Receiver(arguments, faults: faults)
            try monitoring.scrape(receiver)
            let forging = Forging()
            let load = Load { forging.webhook($0, $1) }
            load.start(port: receiver.webhookPort, connections: 48)
            #expect(monitoring.waits(for: "Watchdog", at: "watchdog") != nil, "\(monitoring.log)")

            // A reply waits for the sync under way and for its own: most of them 1.6 s.
            forging.isOn.store(true, ordering: .relaxed)
            try faults.delay(milliseconds: 800)
            let warning = try #require(monitoring.waits(for: Self.slow, at: "chat"))
            #expect(warning.labels["severity"] == "warning")
            #expect(warning.annotations["description"]?.contains("threshold is 1s.") == true)
            let error = try #require(monitoring.waits(for: Self.refused, at: "tickets"))
            #expect(error.labels["severity"] == "error")
            #expect(error.annotations["description"]?.contains("threshold is 5%.") == true)
            #expect(monitoring.notices(to: "pager", of: Self.critical).isEmpty)

            // 3.8 s.
            try faults.delay(milliseconds: 1_900)
            let page = try #require(monitoring.waits(for: Self.critical, at: "pager"))
            #expect(page.labels["severity"] == "critical")
            #expect(page.annotations["description"]?.contains("threshold is 3s.") == true)
            #expect(try eventually { try monitoring.isInhibited(Self.slow) })

            // Not at once: a load without any pause would be a million messages at full length.
            try faults.delay(milliseconds: 60)
            forging.isOn.store(false, ordering: .relaxed)
            #expect(monitoring.waits(for: Self.critical, at: "pager", "resolved") != nil)
            #expect(monitoring.waits(for: Self.slow, at: "chat", "resolved") != nil)
            #expect(monitoring.waits(for: Self.refused, at: "tickets", "resolved") != nil)
            #expect(load.stop())

            // Replies of 0.4 s are nothing, until the configuration says otherwise.
            #expect(receiver.stop() == 0)
            let told = monitoring.notices(to: "chat", of: Self.slow).count
            let stricter = try Receiver(
                arguments + ["--alert-warning", "300ms"], folder: faults.folder, faults: faults)
            try monitoring.scrape(stricter)
            try faults.delay(milliseconds: 200)
            load.start(port: stricter.webhookPort, connections: 48)
            #expect(
                eventually(seconds: MonitoringServers.secondsMax) {
                    monitoring.notices(to: "chat", of: Self.slow).count > told
                })
            let moved = try #require(monitoring.waits(for: Self.slow, at: "chat"))
            #expect(moved.annotations["description"]?.contains("threshold is 300ms.") == true)
            // Under a second, which was no reason before.
            #expect(moved.annotations["description"]?.contains("ms over the last") == true)
            // Far from the threshold: on a busy machine the store thread waits for a processor as
            // long again.
            try faults.delay(milliseconds: 40)
            #expect(monitoring.waits(for: Self.slow, at: "chat", "resolved") != nil)
            #expect(load.stop())
            #expect(stricter.stop() == 0)
        }
    }
}
