import Foundation
import TestSupport
import Testing

/// X13: what comes from outside, and what is secret, shows nowhere.
extension EndToEnd {
    @Suite struct PrivacyTests {
        /// Field names of Twilio's messages, callbacks and of nobody.
        private static let fields = [
            "Body", "From", "To", "ProfileName", "WaId", "ForwardedFrom", "FromCity", "FromZip",
            "FromState", "FromCountry", "ToCity", "ToZip", "MediaUrl0", "MediaContentType0",
            "Latitude", "Longitude", "Address", "Label", "ButtonText", "ButtonPayload",
            "ListTitle", "ReferralBody", "ReferralHeadline", "ReferralSourceId", "ApiVersion",
            "MessagingServiceSid", "SmsStatus", "ChannelMetadata", "EventType", "Unheard Of",
        ]

        private func canary(_ number: Int) -> String { "canary-\(number)-\(number &* 7919)" }

        /// A message with a canary in every field but the two SIDs, which the log may name.
        private func webhook(sid: String) -> SignedWebhook {
            var webhook = SignedWebhook(sid: sid)
            let sids = webhook.fields.filter { ["AccountSid", "MessageSid"].contains($0.name) }
            webhook.fields =
                sids
                + Self.fields.enumerated().map { place, name in
                    let isNumber = name == "From" || name == "To"
                    return (name, isNumber ? "whatsapp:+4912345678\(place)0" : canary(place))
                }
            return webhook
        }

        /// A request with more header fields, each with a canary.
        private func adorned(_ request: String) -> String {
            let lines = [
                "User-Agent", "Cookie", "Authorization", "Referer", "X-Forwarded-For",
                "I-Twilio-Idempotency-Token", "X-Home-Region", "tracestate",
            ].enumerated().map { "\($0.element): \(canary(100 + $0.offset))\r\n" }
            return request.replacing(
                "Content-Length:", with: lines.joined() + "Content-Length:")
        }

        private func ask(_ receiver: Receiver, _ request: String) throws -> Int? {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(request)
            return client.response()?.status
        }

        /// Command lines and thread names of a process.
        private func processList(_ receiver: Receiver) -> String {
            let folder = "/proc/\(receiver.process.processID)"
            let tasks =
                (try? FileManager.default.contentsOfDirectory(atPath: folder + "/task")) ?? []
            let files = ["/cmdline", "/comm"] + tasks.map { "/task/\($0)/comm" }
            return files.map { path in
                String(
                    decoding: FileManager.default.contents(atPath: folder + path) ?? Data(),
                    as: UTF8.self)
            }.joined(separator: "\n")
        }

        @Test
        func `X13 no field, header or secret shows in log, metrics, status or process list`()
            throws
        {
            let application = try Application()
            application.answer(.init(500, body: canary(200)))
            let key = canary(300)
            let receiver = try Receiver(
                ["--log-level", "debug", "--retry-window", "1s", "--retry-initial", "10ms"],
                environment: ["HOOKLINE_FORWARD_TO": application.url + "?key=" + key])
            var requests: [(String, Int)] = []
            let genuine = webhook(sid: "SM1")
            requests.append((adorned(try genuine.request()), 200))
            requests.append((adorned(try genuine.request()), 200))
            requests.append((adorned(genuine.request(signature: canary(400))), 403))
            requests.append((adorned(genuine.request(signature: nil)), 403))
            var queried = genuine
            queried.path = "/webhook/sms?name=" + canary(500)
            requests.append((adorned(try queried.request()), 200))
            var repeated = genuine
            repeated.fields.append(("Body", canary(600)))
            requests.append((adorned(try repeated.request()), 400))
            let elsewhere = try genuine.request().replacing(
                "/webhook/whatsapp", with: "/" + canary(700))
            requests.append((adorned(elsewhere), 404))
            let json = try genuine.request().replacing("x-www-form-urlencoded", with: "json")
            requests.append((adorned(json), 403))
            for (request, status) in requests {
                #expect(try ask(receiver, request) == status, "\(request.prefix(60))")
            }
            // Until it has become a dead letter there is more to be logged.
            #expect(try eventually { try receiver.metrics()["dead_letters"] ?? 0 >= 1 })
            var shown = ["status", "list"].map { word in
                (try? receiver.command(["queue", word]).output) ?? ""
            }
            for path in ["/metrics", "/status.json", "/", "/healthz", "/readyz"] {
                shown.append(try receiver.ops(path).body)
            }
            shown.append(processList(receiver))
            #expect(receiver.stop() == 0)
            shown.append(receiver.log)
            #expect(receiver.log.contains("SM1") && receiver.log.contains("dead_letter"))
            for text in shown {
                let found = text.matches(of: /canary-[0-9-]+/).map { String($0.output) }
                #expect(found == [])
                #expect(!text.contains("4912345678"))
                #expect(!text.contains(Receiver.token))
            }
        }

        @Test(arguments: [
            "AC00000000000000000000000000000000: [canary-1, {x: canary-2}]\n",
            "AC00000000000000000000000000000000: canary-1: canary-2\n", "\"canary-1\n",
            "canary-1: [canary-2]\n", "- canary-1\n",
            "AC00000000000000000000000000000000: [\"canary 1\"]\n", "*: canary-1\n",
        ])
        func `a tokens file that cannot be used is not quoted`(text: String) throws {
            let folder = try TemporaryFolder()
            try folder.write(text, to: "tokens.yml")
            for command in ["check-config", "serve"] {
                let run = try ChildProcess.run(
                    Repository.hookline,
                    [
                        command, "--origin-from-host", "--tokens-file", folder.path("tokens.yml"),
                        "--data-dir", folder.path("data"), "--listen", "127.0.0.1:0",
                        "--ops-listen", "127.0.0.1:0",
                    ])
                #expect(run.status == 1)
                #expect(run.errors.contains("--tokens-file"))
                #expect(!(run.output + run.errors).contains("canary"))
            }
        }

        @Test func `a setting that holds a secret is not quoted when it is wrong`() throws {
            let folder = try TemporaryFolder()
            try folder.write("forward-to: [canary-1\nlisten: canary-2", to: "config.yml")
            let wrong: [([String: String], [String])] = [
                (["TWILIO_AUTH_TOKEN": "canary 1"], []),
                (["HOOKLINE_FORWARD_TO": "http://canary:canary@h/"], []),
                (["HOOKLINE_FORWARD_TO": "ftp://canary:canary@h/"], []),
                (["HOOKLINE_PUBLIC_URL": "canary:canary@h"], []),
                ([:], ["--config", folder.path("config.yml")]),
            ]
            for (environment, arguments) in wrong {
                let run = try ChildProcess.run(
                    Repository.hookline, ["check-config", "--origin-from-host"] + arguments,
                    environment: ["TWILIO_AUTH_TOKEN": "t"].merging(environment) { $1 })
                #expect(run.status == 1, "\(environment)")
                #expect(!(run.output + run.errors).contains("canary"), "\(run.errors)")
            }
        }
    }
}
