import TestSupport
import Testing

/// What was answered 200 survives any end of the process, and comes once but
/// for what was under way.
extension EndToEnd {
    @Suite struct CrashTests {
        private static let concurrency = 16

        /// What lives that end in SIGKILL leave.
        private struct Lives {
            var outcome: Load.Outcome
            /// What the application took in each life.
            var taken: [[String]] = []
            var lost: Set<String> { outcome.acknowledged.subtracting(taken.joined()) }
        }

        private func live(_ lives: Int, environment: [String: String] = [:]) throws -> Lives {
            let application = try Application()
            let load = Load()
            let receiver = try Receiver(
                [
                    "--forward-to", application.url, "--log-level", "warning",
                    "--forward-concurrency", "\(Self.concurrency)",
                ], environment: environment)
            var result = Lives(outcome: Load.Outcome())
            var before = 0
            func note() {
                let taken = application.taken
                result.taken.append(Array(taken[before...]))
                before = taken.count
            }
            for life in 0..<lives {
                if life > 0 { try receiver.restart() }
                let goal = load.outcome.acknowledged.count + Int.random(in: 50...300)
                load.start(port: receiver.webhookPort, connections: 8)
                #expect(eventually { load.outcome.acknowledged.count >= goal })
                receiver.kill()
                #expect(load.waitForEnd())
                #expect(eventually { application.isQuiet })
                note()
            }
            try receiver.restart()
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(receiver.stop() == 0)
            #expect(eventually { application.isQuiet })
            note()
            result.outcome = load.outcome
            return result
        }

        @Test
        func `SIGKILLs under load lose nothing and repeat only what was under way`()
            throws
        {
            let count = Torture.count(10, torture: 200)
            let lives = try live(count)
            #expect(lives.outcome.acknowledged.count >= 50 * count)
            #expect(lives.lost.isEmpty)
            #expect(lives.outcome.sent.isSuperset(of: lives.taken.joined()))
            var repeated: [Int] = []
            for (index, taken) in lives.taken.enumerated() {
                #expect(Set(taken).count == taken.count, "repeated within one life")
                guard index > 0 else { continue }
                // At most so many are claimed, and their completions wait for one commit.
                let underWay = Set(lives.taken[index - 1].suffix(2 * Self.concurrency))
                let earlier = Set(lives.taken[..<index].joined())
                #expect(earlier.intersection(taken).isSubset(of: underWay))
                repeated.append(earlier.intersection(taken).count)
            }
            print(
                "\(count) SIGKILLs: \(lives.outcome.acknowledged.count) messages answered 200, "
                    + "\(lives.lost.count) lost, \(repeated.reduce(0, +)) repeated, "
                    + "\(repeated.max() ?? 0) at most after one kill")
        }

        @Test func `control: a reply before the commit loses messages under SIGKILL`() throws {
            let lives = try live(5, environment: ["INVARIANT_CONTROL": "reply-before-commit"])
            #expect(!lives.lost.isEmpty)
        }

        /// What is delivered after a power cut that loses every write that was not synced.
        private func lostByPowerCut(environment: [String: String] = [:]) throws -> Set<String> {
            let faults = try DiskFaults()
            let nobody = "http://127.0.0.1:\(try LoopbackSocket.closedPort())/"
            let receiver = try Receiver(
                ["--forward-to", nobody, "--retry-initial", "20ms", "--retry-cap", "50ms"],
                environment: environment, faults: faults)
            let load = Load()
            load.start(port: receiver.webhookPort, connections: 8)
            // What is refused is written without syncs, into the same log.
            let forged = Load { _, sid in
                var webhook = SignedWebhook(sid: sid)
                webhook.token = "another"
                return webhook
            }
            forged.start(port: receiver.webhookPort, connections: 2)
            #expect(eventually { load.outcome.acknowledged.count >= 200 })
            #expect(try eventually { try (receiver.metrics()["quarantined"] ?? 0) > 0 })
            receiver.kill()
            #expect(load.waitForEnd() && forged.waitForEnd())
            let folder = try TemporaryFolder()
            let image = try ChildProcess.run(
                "cp", ["-r", faults.folder.path("shadow"), folder.path("data")])
            #expect(image.status == 0, "\(image.errors)")
            let application = try Application()
            let next = try Receiver(["--forward-to", application.url], folder: folder)
            #expect(try eventually { try next.metrics().sum("queue_depth") == 0 })
            #expect(next.stop() == 0)
            return load.outcome.acknowledged.subtracting(application.taken)
        }

        @Test func `a power cut loses nothing that was answered 200`() throws {
            #expect(try lostByPowerCut().isEmpty)
        }

        @Test func `control: without syncs a power cut loses messages`() throws {
            let lost = try lostByPowerCut(environment: ["INVARIANT_CONTROL": "synchronous-off"])
            #expect(!lost.isEmpty)
        }
    }
}
