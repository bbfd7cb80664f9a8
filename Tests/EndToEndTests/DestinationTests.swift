import TestSupport
import Testing

/// Several destinations: each webhook is committed once and owed to each of its own.
extension EndToEnd {
    @Suite struct DestinationTests {
        /// A file with these destinations.
        private static func file(
            _ destinations: [(name: String, settings: String)], rules: String
        ) throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            let text = destinations.map { "  \($0.name): {\($0.settings)}\n" }.joined()
            try folder.write("destinations:\n\(text)rules:\n\(rules)", to: "file.yaml")
            return folder
        }

        @Test func `X17 each destination has its own state, headers, signature and retries`()
            throws
        {
            let (bot, audit) = (try Application(), try Application())
            let folder = try Self.file(
                [
                    ("bot", "url: \(bot.url), headers: {X-Key: {environment: BOT_KEY}}"),
                    (
                        "audit",
                        "url: \(audit.url), signing-token: other, retry-initial: 1ms, "
                            + "retry-cap: 5ms"
                    ),
                ],
                rules: "  - {kind: media, destinations: bot}\n  - {destinations: [bot, audit]}\n")
            audit.answer(Application.Answer(500))
            let receiver = try Receiver(
                ["--config", folder.path("file.yaml")], environment: ["BOT_KEY": "secret"])
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try SignedWebhook(sid: "SM1").request())
            client.send(try SignedWebhook(sid: "SM2", media: 1).request())
            #expect(client.response()?.status == 200)
            #expect(client.response()?.status == 200)
            // One that fails holds no other.
            #expect(eventually { Set(bot.taken) == ["SM1", "SM2"] })
            #expect(eventually { audit.requests.count > 3 })
            #expect(audit.requests.allSatisfy { $0.headText.contains("Idempotency-Key") })
            let keys = [bot, audit].map { application in
                application.requests.first.flatMap { request in
                    request.headText.firstMatch(of: /Idempotency-Key: (\w+)/)?.1
                }
            }
            let toBot = try #require(
                bot.requests.first { String(decoding: $0.body, as: UTF8.self).contains("SM1") })
            #expect(toBot.headText.contains("X-Key: secret\r\n"))
            #expect(!audit.requests[0].headText.contains("X-Key"))
            #expect(keys[1] != nil)
            #expect(toBot.headText.contains("Idempotency-Key: \(keys[1] ?? "")"))
            var seen = SignedWebhook(sid: "SM1", path: "/application")
            seen.host = audit.url.replacing("http://", with: "").replacing("/application", with: "")
            seen.token = "other"
            #expect(
                audit.requests[0].headText.contains(
                    "X-Twilio-Signature: \(try seen.signature())\r\n"))
            let list = try receiver.command(["queue", "list", "--destination", "audit"])
            #expect(list.status == 0 && list.output.contains("HTTP 500"), "\(list)")
            #expect(
                try receiver.command(["queue", "list", "--destination", "bot"]).output
                    .split(separator: "\n").count == 1)
            #expect(receiver.log.contains("\"destination\":\"audit\""))
            audit.answer(Application.Answer())
            #expect(eventually { audit.taken == ["SM1"] })
            #expect(bot.taken.count == 2)
        }

        @Test func `X17 what is owed to a destination that is not configured any more is held`()
            throws
        {
            let application = try Application()
            let folder = try Self.file(
                [("bot", "url: http://127.0.0.1:1/"), ("audit", "url: \"log:\"")],
                rules: "  - {destinations: [bot, audit]}\n")
            let receiver = try Receiver(["--config", folder.path("file.yaml")])
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try SignedWebhook(sid: "SM1").request())
            #expect(client.response()?.status == 200)
            #expect(eventually { receiver.log.contains("\"destination\":\"audit\"") })
            _ = receiver.stop()
            // Another one, and a rule that takes nothing of this kind.
            try folder.write(
                "destinations: {other: {url: \"\(application.url)\"}}\n"
                    + "rules: [{kind: voice, destinations: other}]\n", to: "file.yaml")
            try receiver.restart()
            #expect(receiver.log.contains("deliveries are held"))
            #expect(try receiver.metrics()["deliveries_held"] == 1)
            let again = try RawClient(port: receiver.webhookPort)
            again.send(try SignedWebhook(sid: "SM2").request())
            #expect(again.response()?.status == 200)
            #expect(try eventually { try receiver.metrics()["deliveries_held"] == 2 })
            let list = try receiver.command(["queue", "list"])
            #expect(list.output.contains("  bot  ") && list.output.contains("  unmatched  "))
            _ = receiver.stop()
            // Both are taken up as soon as there is somebody to take them.
            try folder.write(
                "destinations: {bot: {url: \"\(application.url)\"}, "
                    + "unmatched: {url: \"\(application.url)\"}}\n"
                    + "rules: [{kind: voice, destinations: bot}]\n", to: "file.yaml")
            try receiver.restart()
            #expect(eventually { Set(application.taken) == ["SM1", "SM2"] })
        }

        @Test func `a configuration with mistakes in its rules does not start`() throws {
            let folder = try Self.file([("a", "url: \"log:\"")], rules: "  - {kind: sms}\n")
            let result = try ChildProcess.run(
                Repository.hookline,
                [
                    "check-config", "--public-url", "https://h", "--config",
                    folder.path("file.yaml"),
                ], environment: ["TWILIO_AUTH_TOKEN": "t"])
            #expect(result.status == 1 || result.status == 64 || result.status == 78)
            #expect(result.errors.contains("line 4: rules[1].kind"))
            #expect(result.errors.contains("line 4: rules[1]: has no destinations"))
        }
    }
}
