import Foundation
import TestSupport
import Testing

/// Bots of Twilio's tutorials, unchanged behind Hookline: the customer gets what a direct webhook
/// would have given.
extension EndToEnd {
    @Suite struct TutorialBotTests {
        private static let account = "AC" + String(repeating: "0", count: 32)
        private let twilio: TwilioStandIn
        private let folder: TemporaryFolder

        init() throws {
            twilio = try TwilioStandIn(account: Self.account, token: Receiver.token)
            folder = try TemporaryFolder()
        }

        /// Starts a bot and waits until it listens.
        private func bot(_ name: String, documents: String = "") throws -> (ChildProcess, UInt16) {
            let port = try LoopbackSocket.closedPort()
            try folder.write(documents, to: "documents")
            let process = try ChildProcess(
                Repository.python,
                [
                    Repository.application(name), "\(port)", Receiver.token,
                    folder.path("documents"),
                ], output: folder.path("bot"), errors: folder.path("bot"))
            let listens = eventually {
                guard let socket = try? LoopbackSocket.connected(to: port) else { return false }
                close(socket)
                return true
            }
            guard listens else { throw ChildProcess.Failure(folder.text("bot")) }
            return (process, port)
        }

        private func receiver(_ port: UInt16) throws -> Receiver {
            try Receiver([
                "--forward-to", "http://127.0.0.1:\(port)/message", "--twiml-replies", "relay",
                "--twilio-api", twilio.url, "--retry-window", "30s",
            ])
        }

        private func post(_ receiver: Receiver, _ sid: String, _ body: String) throws {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try SignedWebhook(sid: sid, body: body).request())
            #expect(client.response()?.status == 200)
        }

        @Test func `X21 a FastAPI bot's answer reaches the customer`() throws {
            let (process, port) = try bot("tutorial_fastapi.py")
            let receiver = try receiver(port)
            try post(receiver, "SM1", "Grüße & co")
            #expect(eventually { twilio.sent.count == 1 }, "\(folder.text("bot"))")
            #expect(
                twilio.sent == [
                    [
                        "To": "whatsapp:+15005550006", "From": "whatsapp:+15005550001",
                        "Body": "Hi whatsapp:+15005550006, you said: Grüße & co",
                        "MediaUrl": "https://demo.twilio.com/owl.png",
                    ]
                ])
            process.signal(SIGKILL)
        }

        @Test func `X21 a Flask bot's answers reach the customers, whatever TwiML they are`() throws
        {
            let count = 200
            let oracle = try ChildProcess.run(
                Repository.python,
                [
                    Repository.root + "/Tests/TwiMLTests/Oracles/twiml.py", "11", "\(count)",
                ])
            let lines = oracle.output.split(separator: "\n").map {
                $0.split(separator: "\t", omittingEmptySubsequences: false)
            }
            #expect(lines.count == count)
            let (process, port) = try bot(
                "tutorial_flask.py", documents: lines.map { String($0[0]) }.joined(separator: "\n"))
            let receiver = try receiver(port)
            try post(receiver, "SM1", "Ada")
            let expected =
                [Self.form(body: "Thanks for your text, Ada!")]
                + lines.flatMap { $0.dropFirst().compactMap(Self.expected) }
            for number in 0..<count { try post(receiver, "SM1x\(number)", "\(number)") }
            #expect(
                eventually(seconds: 60) { twilio.sent.count == expected.count },
                "\(twilio.sent.count) of \(expected.count)")
            #expect(
                twilio.sent.map(Self.text).sorted() == expected.map(Self.text).sorted())
            #expect(try eventually { try receiver.metrics()["replies_waiting"] == 0 })
            process.signal(SIGKILL)
        }

        private static func text(_ form: [String: String]) -> String {
            form.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
        }

        private static func form(body: String) -> [String: String] {
            [
                "To": "whatsapp:+15005550006", "From": "whatsapp:+15005550001", "Body": body,
            ]
        }

        /// What Twilio sends for an instruction that the oracle wrote; nil for a redirect, which
        /// leads to no message here.
        private static func expected(_ column: Substring) -> [String: String]? {
            let words = column.split(separator: ",", omittingEmptySubsequences: false).map(plain)
            guard words[0] == "message" else { return nil }
            var form = form(body: words[6])
            if !words[1].isEmpty { form["To"] = words[1] }
            if !words[2].isEmpty { form["From"] = words[2] }
            let report = words[3].isEmpty ? words[5] : words[3]
            if !report.isEmpty { form["StatusCallback"] = absolute(report) }
            let media = words.dropFirst(7).map(absolute)
            if !media.isEmpty { form["MediaUrl"] = media.joined(separator: " ") }
            return form
        }

        private static func absolute(_ url: String) -> String {
            url.hasPrefix("/") ? "http://127.0.0.1" + url : url
        }

        private static func plain(_ hexadecimal: Substring) -> String {
            let digits = Array(hexadecimal.utf8).map { $0 <= 0x39 ? $0 - 0x30 : $0 - 0x61 + 10 }
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
                digits[$0] << 4 | digits[$0 + 1]
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
