import Foundation
import TestSupport
import Testing

/// Whoever makes up accounts, or comes after a start, keeps nobody else out (X15).
extension EndToEnd {
    @Suite struct ForgedAccountTests {
        private static func account(_ number: Int) -> String {
            "AC" + String(format: "%032d", number)
        }

        /// A command that prints the token of accounts below 100 once `token` is there.
        private static func command(_ folder: TemporaryFolder) throws -> String {
            try folder.write(
                """
                #!/bin/sh
                until [ -s \(folder.path("token")) ]; do sleep 0.02; done
                case "$1" in AC000000000000000000000000000000??) cat \(folder.path("token"));; esac
                """, to: "command")
            return "/bin/sh \(folder.path("command"))"
        }

        private func status(
            _ receiver: Receiver, _ webhook: SignedWebhook, from address: String
        ) throws -> Int {
            let client = try RawClient(port: receiver.webhookPort)
            let request = try webhook.request().replacingOccurrences(
                of: "Content-Type:", with: "X-Forwarded-For: \(address)\r\nContent-Type:")
            client.send(request)
            return try #require(client.response()).status
        }

        @Test func `X15 made-up accounts of one address leave room for genuine new ones`() throws {
            let folder = try TemporaryFolder()
            let application = try Application()
            let receiver = try Receiver(
                [
                    "--tokens-command", try Self.command(folder),
                    "--tokens-command-timeout", "60s", "--trusted-proxies", "127.0.0.1",
                    "--unverified-rows-max", "1000", "--signature-timeout", "1ms",
                    "--forward-to", application.url,
                ], folder: folder, authToken: nil, origin: ["--public-url", "http://127.0.0.1"])
            var refused = 0
            for number in 1000..<1200 {
                var forged = SignedWebhook(sid: "SM\(number)", account: Self.account(number))
                forged.token = "made up"
                if try status(receiver, forged, from: "198.51.100.7") == 503 { refused += 1 }
            }
            #expect(refused == 50)
            let genuine = try (0..<10).map { number in
                try status(
                    receiver,
                    SignedWebhook(sid: "SM\(number)", account: Self.account(number)),
                    from: "203.0.113.\(number)")
            }
            #expect(genuine == Array(repeating: 200, count: 10))
            let full = try receiver.metrics()[
                #"store_errors_total{store="sqlite",reason="unverified_full"}"#]
            #expect(full == Double(refused))
            try folder.write(Receiver.token, to: "token")
            #expect(eventually(seconds: 30) { application.taken.count == 10 })
            // After a restart the rows still count as whose they are.
            #expect(eventually(seconds: 30) { (try? receiver.metrics()["unverified"]) == 0 })
            let names = Set(folder.text("data/known-accounts").split(separator: "\n"))
            #expect(names == Set((0..<10).map { Substring(Self.account($0)) }))
        }

        @Test func `after a start, a request that names no account waits for those known before`()
            throws
        {
            let folder = try TemporaryFolder()
            let application = try Application()
            try folder.write(Receiver.token, to: "token")
            let receiver = try Receiver(
                [
                    "--tokens-command", try Self.command(folder), "--forward-to",
                    application.url, "--signature-timeout", "5s",
                ], folder: folder, authToken: nil)
            let first = SignedWebhook(sid: "SM1", account: Self.account(1))
            #expect(try status(receiver, first, from: "203.0.113.1") == 200)
            #expect(eventually { folder.text("data/known-accounts").contains(Self.account(1)) })
            receiver.kill()
            try FileManager.default.removeItem(atPath: folder.path("token"))
            try receiver.restart()
            let client = try RawClient(port: receiver.webhookPort)
            client.send(TwilioCall(body: #"{"step":1}"#).request)
            #expect(try #require(client.response()).status == 200)
            #expect(try receiver.metrics()["unverified"] == 1)
            try folder.write(Receiver.token, to: "token")
            #expect(eventually(seconds: 30) { application.requests.count == 2 })
            #expect(eventually { (try? receiver.metrics()["unverified"]) == 0 })
        }
    }
}
