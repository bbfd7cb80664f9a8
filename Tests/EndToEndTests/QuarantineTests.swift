import Foundation
import TestSupport
import Testing

/// X7: what a mistake in the configuration made Hookline refuse comes back once it is mended.
extension EndToEnd {
    @Suite struct QuarantineTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func receiver(token: String, _ arguments: [String] = []) throws -> Receiver {
            try Receiver(
                arguments, folder: folder, environment: ["TWILIO_AUTH_TOKEN": token])
        }

        private func post(_ receiver: Receiver, _ webhooks: [SignedWebhook]) throws -> [Int] {
            let client = try RawClient(port: receiver.webhookPort)
            return try webhooks.map { webhook in
                client.send(try webhook.request())
                return client.response()?.status ?? 0
            }
        }

        private func quarantined(_ receiver: Receiver, _ count: Double) throws -> Bool {
            try eventually { try receiver.metrics()["quarantined"] == count }
        }

        private func json(_ text: String) throws -> [String: Any] {
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
            return try #require(object as? [String: Any], "\(text)")
        }

        private func forged(_ number: Int) -> SignedWebhook {
            var webhook = SignedWebhook(sid: "SMforged\(number)")
            webhook.token = "guessed"
            return webhook
        }

        private let genuine = (0..<30).map {
            SignedWebhook(sid: "SMgenuine\($0)", body: "a text that nobody else should read")
        }

        @Test
        func `X7 a release after the token was mended brings back what is genuine and no more`()
            throws
        {
            let application = try Application()
            let arguments = ["--forward-to", application.url]
            do {
                let wrong = try receiver(token: "wrong", arguments)
                let sent = try post(wrong, genuine + (0..<10).map(forged))
                #expect(Set(sent) == [403])
                #expect(try quarantined(wrong, 40))
                // Nothing verifies yet.
                let early = try wrong.command(["queue", "release", "--all"])
                #expect(early.status == 1 && early.output.contains("40 stay (invalid_signature)"))
                #expect(wrong.stop() == 0)
            }
            let receiver = try receiver(token: Receiver.token, arguments)
            #expect(try quarantined(receiver, 40))
            // One of them came again by itself meanwhile, as Twilio does when it retries.
            #expect(try post(receiver, [genuine[0]]) == [200])
            let dry = try receiver.command(["queue", "release", "--all", "--dry-run"])
            #expect(dry.status == 0)
            #expect(
                dry.output
                    == "1 seen before, 10 stay (invalid_signature), 29 released "
                    + "(dry run: nothing was changed)\n")
            #expect(try quarantined(receiver, 40))
            let released = try receiver.command(["queue", "release", "--all", "--json"])
            #expect(released.status == 0)
            let counts = try json(released.output)["counts"] as? [String: Int]
            #expect(counts == ["released": 29, "duplicate": 1, "invalid_signature": 10])
            let sids = Set(genuine.map { $0.fields[3].value })
            #expect(eventually { Set(application.taken) == sids })
            #expect(try quarantined(receiver, 10))
            // A second release does nothing.
            let again = try receiver.command(["queue", "release", "--all"])
            #expect(again.status == 1 && again.output == "10 stay (invalid_signature)\n")
            #expect(receiver.stop() == 0)
            #expect(application.taken.count == 30 && Set(application.taken) == sids)
        }

        @Test func `X7 X13 list and show are masked unless told to reveal`() throws {
            let receiver = try receiver(token: "wrong")
            #expect(try post(receiver, [genuine[0]]) == [403])
            #expect(try quarantined(receiver, 1))
            let personal = ["15005550006", "15005550001", "nobody else", "a+text", "a%20text"]
            for format in [[], ["--json"]] {
                for command in [["list"], ["show", "1"]] {
                    let shown = try receiver.command(
                        ["queue"] + command + ["--quarantined"] + format)
                    #expect(shown.status == 0)
                    #expect(shown.output.contains("invalid_signature"))
                    #expect(shown.output.contains("127.0.0.1"))
                    for word in personal { #expect(!shown.output.contains(word)) }
                    if !format.isEmpty { _ = try json(shown.output) }
                }
            }
            let revealed = try receiver.command(
                ["queue", "show", "1", "--quarantined", "--reveal", "--json"])
            let request = try json(revealed.output)["request"] as? [String: Any]
            #expect(request?["body"] as? String == genuine[0].form)
            let list = try json(
                receiver.command(["queue", "list", "--quarantined", "--json"]).output)
            let rows = list["quarantined"] as? [[String: Any]]
            #expect(rows?.count == 1 && list["more"] as? Bool == false)
            #expect(rows?[0]["id"] as? Int == 1 && rows?[0]["proven"] as? Bool == false)
            #expect(try receiver.command(["queue", "show", "2", "--quarantined"]).status == 1)
        }

        @Test func `X7 force asks for the id, on a terminal or with --confirm`() throws {
            let application = try Application()
            let receiver = try receiver(
                token: Receiver.token, ["--forward-to", application.url])
            #expect(try post(receiver, (0..<3).map(forged)) == [403, 403, 403])
            #expect(try quarantined(receiver, 3))
            let force = ["queue", "release", "1", "--force"]
            for (arguments, status) in [
                (force, Int32(1)), (force + ["--confirm", "2"], 1),
                (["queue", "release", "1", "2", "--force"], 2),
                (["queue", "release", "--all", "--force"], 2),
                (["queue", "release", "1", "--confirm", "1"], 2),
            ] {
                #expect(try receiver.command(arguments).status == status, "\(arguments)")
            }
            for (typed, status) in [("3", 1), ("", 1), ("2", 0)] {
                let result = try onTerminal(
                    typed,
                    ["queue", "release", "2", "--force"]
                        + ["--data-dir", folder.path("data")])
                #expect(result.status == status, "\(result)")
                #expect(result.output.contains("Type its id to release it"))
            }
            #expect(try receiver.command(force + ["--confirm", "1"]).status == 0)
            #expect(
                eventually { Set(application.taken) == ["SMforged0", "SMforged1"] })
            #expect(try quarantined(receiver, 1))
            #expect(receiver.log.contains(#""level":"warning","msg":"changed by command""#))
        }

        /// Runs a command on a terminal and types a line.
        private func onTerminal(
            _ typed: String, _ arguments: [String]
        ) throws -> (status: Int32, output: String) {
            let script = """
                import os, pty, sys
                sent = False
                def read(descriptor):
                    global sent
                    data = os.read(descriptor, 1024)
                    if b"Type its id" in data and not sent:
                        sent = True
                        os.write(descriptor, sys.argv[1].encode() + b"\\n")
                    return data
                status = pty.spawn(sys.argv[2:], read)
                sys.exit(os.waitstatus_to_exitcode(status))
                """
            let result = try ChildProcess.run(
                Repository.python, ["-c", script, typed, Repository.hookline] + arguments)
            return (result.status, result.output + result.errors)
        }

        @Test func `X7 a flood of forged requests leaves another client's requests in place`()
            throws
        {
            let receiver = try Receiver(
                ["--quarantine-rows-max", "100"], folder: folder,
                environment: ["TWILIO_AUTH_TOKEN": "wrong"],
                origin: [
                    "--public-url", "https://hooks.example.com", "--trusted-proxies",
                    "127.0.0.0/8",
                ])
            let client = try RawClient(port: receiver.webhookPort)
            func refuse(_ webhook: SignedWebhook, from address: String) throws {
                client.send(
                    try webhook.request().replacing(
                        "\r\nHost:", with: "\r\nX-Forwarded-For: \(address)\r\nHost:"))
                #expect(client.response()?.status == 403)
            }
            for (index, webhook) in genuine.enumerated() {
                try refuse(webhook, from: "192.0.2.\(index)")
            }
            #expect(try quarantined(receiver, 30))
            for number in 0..<1000 { try refuse(forged(number), from: "198.51.100.1") }
            #expect(try quarantined(receiver, 100))
            let list = try json(
                receiver.command(["queue", "list", "--quarantined", "--json"]).output)
            let rows = list["quarantined"] as? [[String: Any]] ?? []
            #expect(Set(rows.compactMap { $0["source"] as? String }).count == 31)
            #expect(try receiver.metrics().sum("quarantine_dropped_total") > 0)
        }

        @Test func `refused requests are kept while no sync returns, and none waits for one`()
            throws
        {
            let faults = try DiskFaults()
            let receiver = try Receiver(faults: faults)
            try faults.delay(milliseconds: 60_000)
            #expect(try post(receiver, (0..<20).map(forged)).allSatisfy { $0 == 403 })
            #expect(try quarantined(receiver, 20))
            receiver.kill()
        }

        @Test func `X7 a stop does not wait for a release that waits for a token`() throws {
            try folder.write("exec sleep 60\n", to: "command")
            let receiver = try Receiver(
                [
                    "--tokens-command", "/bin/sh \(folder.path("command"))",
                    "--tokens-command-timeout", "30s", "--signature-timeout-policy", "reject",
                    "--shutdown-deadline", "8s",
                ], folder: folder, authToken: nil)
            #expect(try post(receiver, [genuine[0]]) == [503])
            #expect(try quarantined(receiver, 1))
            let release = try ChildProcess(
                Repository.hookline,
                ["queue", "release", "--all", "--data-dir", folder.path("data")],
                output: folder.path("output"), errors: folder.path("errors"))
            // The socket that listens, and the one that the command is connected to.
            #expect(
                try eventually {
                    try ChildProcess.run(
                        "grep", ["-c", folder.path("data/control"), "/proc/net/unix"]
                    ).output == "2\n"
                })
            #expect(receiver.stop() == 0)
            #expect(release.wait() == 1)
            #expect(folder.text("output").contains("1 stay") || !folder.text("errors").isEmpty)
        }
    }
}
