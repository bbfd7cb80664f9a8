import Foundation
import TestSupport
import Testing

/// Validation as Twilio and an attacker see it (R4, R6, R7, X5).
extension EndToEnd {
    @Suite struct ValidationTests {
        private static let account = "AC" + String(repeating: "0", count: 32)

        private func ask(_ receiver: Receiver, _ webhook: SignedWebhook) throws -> Int {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try webhook.request())
            return try #require(client.response()).status
        }

        /// A folder with a program that prints the token once `token` is there, and otherwise
        /// waits; how often it was run is the number of lines in `runs`.
        private func command(_ folder: TemporaryFolder) throws -> [String] {
            try folder.write(
                """
                #!/bin/sh
                echo "$1" >>\(folder.path("runs"))
                until [ -s \(folder.path("token")) ]; do sleep 0.02; done
                cat \(folder.path("token"))
                """, to: "command")
            return ["--tokens-command", "/bin/sh \(folder.path("command"))"]
        }

        private func receiver(
            _ arguments: [String], folder: TemporaryFolder, environment: [String: String] = [:]
        ) throws -> Receiver {
            try Receiver(
                arguments, folder: folder, environment: environment, authToken: nil)
        }

        @Test func `R4 a cached validation needs neither HMAC nor store`() throws {
            let receiver = try Receiver()
            let webhook = SignedWebhook(sid: "SM1")
            #expect(try ask(receiver, webhook) == 200)
            let before = try receiver.metrics(afterReplies: 1)
            for _ in 0..<5 { #expect(try ask(receiver, webhook) == 200) }
            let after = try receiver.metrics(afterReplies: 6)
            let hits = #"validation_cache_requests_total{tier="memory",result="hit"}"#
            let misses = #"validation_cache_requests_total{tier="memory",result="miss"}"#
            #expect(after[hits] == 5 && before[hits] == 0)
            #expect(after[misses] == 1)
            #expect(after[#"validations_total{result="valid"}"#] == 6)
            // Each verification counts a matching token; each commit counts its messages.
            #expect(after.sum("token_matches_total") == 1)
            #expect(after["store_batch_messages_sum"] == before["store_batch_messages_sum"])
            #expect(after.sum("webhook_duration_seconds_count", #"outcome="duplicate""#) == 5)
            // R4: each of them within 30 ms.
            let fast = #"webhook_phase_duration_seconds_bucket{phase="validation",le="0.03"}"#
            #expect(after[fast] == 6)
        }

        @Test func `R4 the cache can be switched off`() throws {
            let receiver = try Receiver(["--validation-cache", "off"])
            for _ in 0..<2 { #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200) }
            let metrics = try receiver.metrics(afterReplies: 2)
            #expect(metrics.sum("validation_cache_requests_total") == 0)
            #expect(metrics.sum("token_matches_total") == 2)
            #expect(metrics.sum("webhook_duration_seconds_count", #""duplicate""#) == 1)
        }

        @Test func `R6 a validation that takes longer than its budget is counted and logged`()
            throws
        {
            let receiver = try Receiver(environment: ["INVARIANT_CONTROL": "slow-validation"])
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200)
            let metrics = try receiver.metrics(afterReplies: 1)
            #expect(metrics[#"budget_exceeded_total{budget="validation"}"#] == 1)
            let phase = "webhook_phase_duration_seconds_bucket"
            #expect(metrics[phase + #"{phase="validation",le="0.1"}"#] == 0)
            #expect(metrics[phase + #"{phase="validation",le="0.5"}"#] == 1)
            #expect(
                eventually { receiver.log.contains("validation took longer than its budget") })
        }

        @Test func `R7 a token that comes in time is waited for`() throws {
            let folder = try TemporaryFolder()
            try folder.write(Receiver.token, to: "token")
            // A shell takes longer than 50 ms to start when the machine is busy.
            let receiver = try receiver(
                command(folder) + ["--signature-timeout", "5s"], folder: folder)
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200)
            var forged = SignedWebhook(sid: "SM2")
            forged.token = "another"
            #expect(try ask(receiver, forged) == 403)
            let metrics = try receiver.metrics()
            #expect(metrics[#"validations_total{result="valid"}"#] == 1)
            #expect(metrics[#"validations_total{result="deferred"}"#] == 0)
            #expect(folder.text("runs") == Self.account + "\n")
            #expect(metrics[#"token_fetches_total{result="found"}"#] == 1)
        }

        @Test
        func `R7 a late token defers: 200 in time, delivered when it comes, the forged never`()
            throws
        {
            let folder = try TemporaryFolder()
            let application = try Application()
            let receiver = try receiver(
                command(folder) + ["--forward-to", application.url], folder: folder)
            var forged = SignedWebhook(sid: "SM1", body: "forged")
            forged.token = "another"
            // The forged request comes first and carries the genuine message's SID.
            let start = ContinuousClock.now
            #expect(try ask(receiver, forged) == 200)
            for number in 1...5 {
                #expect(try ask(receiver, SignedWebhook(sid: "SM\(number)")) == 200)
            }
            #expect(ContinuousClock.now - start < .seconds(6 * 2))
            var metrics = try receiver.metrics()
            #expect(metrics[#"signature_timeouts_total{policy="defer"}"#] == 6)
            #expect(metrics[#"validations_total{result="deferred"}"#] == 6)
            #expect(metrics["unverified"] == 6)
            // Killed meanwhile: they are still there.
            receiver.kill()
            try receiver.restart()
            #expect(try receiver.metrics()["unverified"] == 6)
            #expect(application.taken.isEmpty)
            try folder.write(Receiver.token, to: "token")
            #expect(eventually { application.taken.count == 5 })
            #expect(Set(application.taken) == ["SM1", "SM2", "SM3", "SM4", "SM5"])
            #expect(eventually { (try? receiver.metrics()["unverified"]) == 0 })
            metrics = try receiver.metrics()
            #expect(metrics[#"unverified_resolved_total{result="genuine"}"#] == 5)
            #expect(metrics[#"unverified_resolved_total{result="forged"}"#] == 1)
            // X7: the forged one is kept, and says why.
            #expect(metrics["quarantined"] == 1)
            let kept = try receiver.command(["queue", "list", "--quarantined", "--json"])
            #expect(kept.status == 0 && kept.output.contains("unverified_false"))
            #expect(
                application.requests.allSatisfy {
                    !String(decoding: $0.body, as: UTF8.self).contains("forged")
                })
            // The identity is claimed: the same message again is a duplicate.
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200)
            metrics = try receiver.metrics(afterReplies: 1)
            #expect(metrics.sum("webhook_duration_seconds_count", #""duplicate""#) == 1)
        }

        @Test func `a graceful stop does not wait for a token source that hangs`() throws {
            let folder = try TemporaryFolder()
            let receiver = try receiver(command(folder), folder: folder)
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200)
            let start = ContinuousClock.now
            #expect(receiver.stop() == 0)
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(receiver.log.contains("\"stopped\""))
        }

        @Test func `R7 reject answers 503 and stores nothing`() throws {
            let folder = try TemporaryFolder()
            let receiver = try receiver(
                command(folder) + ["--signature-timeout-policy", "reject"], folder: folder)
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 503)
            let metrics = try receiver.metrics()
            #expect(metrics[#"signature_timeouts_total{policy="reject"}"#] == 1)
            #expect(metrics["unverified"] == 0)
            #expect(metrics["store_batch_messages_sum"] == 0)
            // X7: it can be released once the source answers again.
            #expect(eventually { (try? receiver.metrics()["quarantined"]) == 1 })
            try folder.write(Receiver.token, to: "token")
            let released = try receiver.command(["queue", "release", "--all"])
            #expect(released.status == 0, "\(released.output)")
            #expect(eventually { (try? receiver.metrics()["quarantined"]) == 0 })
            #expect(eventually { receiver.log.contains("delivered to the log") })
        }

        @Test func `R7 allow takes it without verification, and claims no message's identity`()
            throws
        {
            let folder = try TemporaryFolder()
            let application = try Application()
            let receiver = try receiver(
                command(folder)
                    + ["--signature-timeout-policy", "allow", "--forward-to", application.url],
                folder: folder)
            var forged = SignedWebhook(sid: "SM1")
            forged.token = "another"
            #expect(try ask(receiver, forged) == 200)
            #expect(eventually { application.taken == ["SM1"] })
            try folder.write(Receiver.token, to: "token")
            #expect(
                eventually {
                    (try? receiver.metrics()[#"token_fetches_total{result="found"}"#]) == 1
                })
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200)
            #expect(eventually { application.taken == ["SM1", "SM1"] })
        }

        @Test func `unverified requests are bounded: beyond the bound 503`() throws {
            let folder = try TemporaryFolder()
            let receiver = try receiver(
                command(folder) + ["--unverified-rows-max", "2"], folder: folder)
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200)
            #expect(try ask(receiver, SignedWebhook(sid: "SM2")) == 200)
            #expect(try ask(receiver, SignedWebhook(sid: "SM3")) == 503)
            let metrics = try receiver.metrics()
            #expect(metrics["unverified"] == 2)
            #expect(
                metrics[#"store_errors_total{store="sqlite",reason="unverified_full"}"#] == 1)
        }

        @Test
        func `X5 rotation: old and new are valid together, a removed token is refused at once`()
            throws
        {
            let folder = try TemporaryFolder()
            try folder.write("\(Self.account): [\(Receiver.token)]\n", to: "tokens.yml")
            let receiver = try receiver(
                ["--tokens-file", folder.path("tokens.yml")], folder: folder)
            func reload(_ tokens: String) throws {
                let key = "tokens_last_reload_timestamp_seconds"
                let before = try receiver.metrics()[key]
                // As a careful administrator writes it: beside it, then renamed over it.
                try folder.write("\(Self.account): [\(tokens)]\n", to: "new.yml")
                rename(folder.path("new.yml"), folder.path("tokens.yml"))
                receiver.process.signal(SIGHUP)
                #expect(eventually { (try? receiver.metrics()[key]) != before })
            }
            let old = SignedWebhook(sid: "SM1")
            var new = SignedWebhook(sid: "SM2")
            new.token = "fedcba9876543210fedcba9876543210"
            #expect(try ask(receiver, old) == 200)
            #expect(try ask(receiver, new) == 403)
            try reload("\(new.token), \(Receiver.token)")
            #expect(try ask(receiver, old) == 200)
            #expect(try ask(receiver, new) == 200)
            var metrics = try receiver.metrics()
            #expect(metrics[#"token_matches_total{position="first"}"#] == 2)
            #expect(metrics[#"token_matches_total{position="second"}"#] == 1)
            try reload(new.token)
            // Also what the cache had: it was validated with the token that is gone.
            #expect(try ask(receiver, old) == 403)
            #expect(try ask(receiver, new) == 200)
            metrics = try receiver.metrics()
            #expect(metrics["tokens_last_reload_successful"] == 1)
        }

        @Test func `X5 a broken tokens file keeps the old tokens and says so`() throws {
            let folder = try TemporaryFolder()
            try folder.write("\(Self.account): [\(Receiver.token)]\n", to: "tokens.yml")
            let receiver = try receiver(
                ["--tokens-file", folder.path("tokens.yml")], folder: folder)
            try folder.write("\(Self.account): {}\n", to: "tokens.yml")
            // Nobody sends a signal: the change is seen.
            #expect(
                eventually {
                    (try? receiver.metrics()["tokens_last_reload_successful"]) == 0
                })
            #expect(receiver.log.contains("line 1"))
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200)
            try folder.write("\(Self.account): [\(Receiver.token)]\n# mended\n", to: "tokens.yml")
            #expect(
                eventually {
                    (try? receiver.metrics()["tokens_last_reload_successful"]) == 1
                })
        }
    }
}
