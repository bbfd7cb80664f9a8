import Foundation
import Synchronization
import TestSupport
import Testing

/// Validation under load, with faults of the token source and rotations.
extension EndToEnd {
    @Suite struct ValidationLoadTests {
        private static func account(_ number: Int) -> String {
            let digits = String(number % 200, radix: 16)
            return "AC" + String(repeating: "0", count: 32 - digits.utf8.count) + digits
        }

        /// Every fifth request is forged and says so in its body.
        private static func mixed(_ number: Int, _ sid: String) -> SignedWebhook {
            let isForged = number % 5 == 4
            var webhook = SignedWebhook(
                sid: sid, body: isForged ? "forged" : "genuine", account: account(number))
            if isForged { webhook.token = "another" }
            return webhook
        }

        /// R7: nothing unverified reaches the application. The program that prints tokens is
        /// stopped, as a secret store that hangs would stop it, and the server is killed meanwhile.
        @Test func `R7 a token source that hangs costs no message and no slow reply`() throws {
            let folder = try TemporaryFolder()
            let application = try Application()
            try folder.write(
                """
                #!/bin/sh
                echo $$ >>\(folder.path("pids"))
                [ -e \(folder.path("stopped")) ] && kill -STOP $$
                echo \(Receiver.token)
                """, to: "command")
            try folder.write("", to: "stopped")
            let receiver = try Receiver(
                [
                    "--tokens-command", "/bin/sh \(folder.path("command"))",
                    "--tokens-command-timeout", "30s", "--forward-to", application.url,
                ], folder: folder, authToken: nil)
            let load = Load(Self.mixed)
            // Each waits for 50 ms and more, so this is about 500 a second.
            load.start(port: receiver.webhookPort, connections: 32)
            #expect(eventually { load.outcome.acknowledged.count >= 500 })
            receiver.kill()
            #expect(load.waitForEnd())
            try receiver.restart()
            load.start(port: receiver.webhookPort, connections: 32)
            // Some three seconds; ten at full length.
            let count = Torture.count(1500, torture: 5500)
            #expect(eventually { load.outcome.acknowledged.count >= count })
            #expect(load.stop())
            #expect(load.outcome.refused.isEmpty)
            #expect(load.outcome.longest < .milliseconds(500))
            #expect(application.taken.isEmpty)

            // It goes on: what hung and what is asked anew.
            try FileManager.default.removeItem(atPath: folder.path("stopped"))
            let finished = eventually(seconds: 60) {
                for pid in folder.text("pids").split(separator: "\n").compactMap({ Int32($0) }) {
                    Foundation.kill(pid, SIGCONT)
                }
                return (try? receiver.metrics()["unverified"]) == 0
                    && (try? receiver.metrics().sum("queue_depth")) == 0
            }
            #expect(finished)
            let acknowledged = load.outcome.acknowledged
            let genuine = application.requests.count
            #expect(
                application.requests.allSatisfy {
                    String(decoding: $0.body, as: UTF8.self).contains("Body=genuine")
                })
            #expect(Set(application.taken).count == genuine)
            // A fifth is forged; those in flight at the kill may be stored without an answer.
            let metrics = try receiver.metrics()
            let resolved = metrics.sum("unverified_resolved_total", "genuine")
            #expect(
                Set(application.taken).isSuperset(of: acknowledged.filter { load.isGenuine($0) }))
            // All that were forged are in quarantine, and only those.
            #expect(metrics.sum("unverified_resolved_total", "forged") == metrics["quarantined"])
            #expect(Double(genuine) <= resolved + metrics.sum("validations_total", #""valid""#))
        }

        /// What the quarantine holds and how much of it is proven genuine.
        private func quarantine(_ receiver: Receiver) throws -> (rows: Double?, proven: Int) {
            let list = try receiver.command(
                ["queue", "list", "--quarantined", "--limit", "10000", "--json"])
            return (
                try receiver.metrics()["quarantined"],
                list.output.matches(of: /"proven": ?true/).count
            )
        }

        /// X6 and X7: what a wrong public URL refused comes back once it is mended, however much
        /// was forged meanwhile.
        @Test func `X7 after a wrong public URL all that is genuine is released, and nothing else`()
            throws
        {
            let application = try Application()
            let wrong = try Receiver(
                ["--forward-to", application.url],
                origin: ["--public-url", "https://wrong.example.com"])
            let client = try RawClient(port: wrong.webhookPort)
            var genuine: Set<String> = []
            for number in 0..<30 {
                genuine.insert("SM\(number)")
                client.send(try SignedWebhook(sid: "SM\(number)", body: "genuine").request())
                #expect(client.response()?.status == 403)
                for forged in 0..<100 {
                    var webhook = SignedWebhook(sid: "SF\(number)x\(forged)", body: "forged")
                    webhook.token = "another"
                    client.send(try webhook.request())
                    #expect(client.response()?.status == 403)
                }
                // An hour's traffic, not a flood: what was refused has been looked at before more
                // comes.
                #expect(
                    try eventually {
                        let metrics = try wrong.metrics()
                        let seen =
                            metrics.sum("signature_mismatches_total")
                            + metrics.sum("explanations_dropped_total")
                        return seen >= Double(101 * (number + 1))
                    })
            }
            // The log says what to change, and the change is what it says.
            let mend = "http://127.0.0.1"
            #expect(eventually { wrong.log.contains("--public-url \(mend)") })
            #expect(eventually { (try? quarantine(wrong).proven) == 30 })
            #expect(wrong.stop() == 0)
            #expect(application.taken.isEmpty)

            let mended = try Receiver(
                ["--forward-to", application.url], folder: wrong.folder,
                origin: ["--public-url", mend])
            let released = try mended.command(["queue", "release", "--all", "--json"])
            #expect(eventually { Set(application.taken) == genuine }, "\(released.output)")
            #expect(application.taken.count == 30)
            #expect(
                application.requests.allSatisfy {
                    String(decoding: $0.body, as: UTF8.self).contains("Body=genuine")
                })
            #expect(try quarantine(mended).proven == 0)
            #expect(mended.stop() == 0)
        }

        @Test func `X5 rotation under load refuses no genuine request at any moment`() throws {
            let folder = try TemporaryFolder()
            let account = "AC" + String(repeating: "0", count: 32)
            let (old, new) = (Receiver.token, "fedcba9876543210fedcba9876543210")
            func write(_ tokens: String) throws {
                try folder.write("\(account): [\(tokens)]\n", to: "new.yml")
                rename(folder.path("new.yml"), folder.path("tokens.yml"))
            }
            try write(old)
            let receiver = try Receiver(
                ["--tokens-file", folder.path("tokens.yml")], folder: folder, authToken: nil)
            // Twilio begins to sign with the new token once both are in force.
            let signsWithNew = Atomic<Bool>(false)
            let load = Load { _, sid in
                var webhook = SignedWebhook(sid: sid)
                if signsWithNew.load(ordering: .acquiring) { webhook.token = new }
                return webhook
            }
            func reload(_ tokens: String) throws {
                let key = "tokens_last_reload_timestamp_seconds"
                let before = try receiver.metrics()[key]
                try write(tokens)
                receiver.process.signal(SIGHUP)
                #expect(eventually { (try? receiver.metrics()[key]) != before })
            }
            func sendMore() {
                let target = load.outcome.acknowledged.count + 200
                #expect(eventually { load.outcome.acknowledged.count >= target })
            }
            load.start(port: receiver.webhookPort, connections: 8)
            for _ in 0..<3 {
                sendMore()
                try reload("\(old), \(new)")
                signsWithNew.store(true, ordering: .releasing)
                sendMore()
                // What was signed with the old one has been answered when 200 more have been.
                try reload(new)
                sendMore()
                try reload("\(old), \(new)")
                signsWithNew.store(false, ordering: .releasing)
                sendMore()
                try reload(old)
            }
            #expect(load.stop())
            #expect(load.outcome.refused.isEmpty)
            #expect(load.outcome.acknowledged == load.outcome.sent)
        }
    }
}
