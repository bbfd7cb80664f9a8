import Foundation
import TestSupport
import Testing

/// TwiML that the application returns is carried out: the customer gets what a direct webhook would
/// have given.
extension EndToEnd {
    @Suite struct ReplyTests {
        private let twilio: TwilioStandIn
        private let application: Application

        init() throws {
            twilio = try TwilioStandIn(account: Self.account, token: Receiver.token)
            application = try Application()
        }

        private static let account = "AC" + String(repeating: "0", count: 32)

        private func answer(_ inside: String, type: String = "text/xml") {
            application.answer(
                Application.Answer(
                    headers: "Content-Type: \(type)\r\n", body: "<Response>\(inside)</Response>"))
        }

        private func receiver(_ more: [String] = []) throws -> Receiver {
            try Receiver(
                [
                    "--forward-to", application.url, "--twiml-replies", "relay", "--twilio-api",
                    twilio.url,
                ] + more)
        }

        private func post(_ receiver: Receiver, _ sid: String) throws {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try SignedWebhook(sid: sid).request())
            let response = try #require(client.response())
            #expect(response.status == 200)
        }

        @Test func `X21 messages, media and redirects reach the customer in their order`() throws {
            answer(
                "<Message>one</Message><Message action='/s'><Body>two</Body>"
                    + "<Media>https://a.example/1</Media></Message>")
            let receiver = try receiver()
            try post(receiver, "SM1")
            #expect(eventually { twilio.sent.count == 2 })
            #expect(
                twilio.sent == [
                    [
                        "To": "whatsapp:+15005550006", "From": "whatsapp:+15005550001",
                        "Body": "one",
                    ],
                    [
                        "To": "whatsapp:+15005550006", "From": "whatsapp:+15005550001",
                        "Body": "two", "MediaUrl": "https://a.example/1",
                        "StatusCallback": "http://127.0.0.1/s",
                    ],
                ])
            #expect(
                try eventually { try receiver.metrics()["replies_total{result=\"sent\"}"] == 2 })
            #expect(receiver.stop() == 0)
        }

        @Test func `X21 a refusal is a dead letter, a 429 is waited out, and nothing repeats`()
            throws
        {
            answer("<Message>hello</Message>")
            let receiver = try receiver()
            twilio.fail(
                "POST",
                [
                    .refused(status: 400, code: 21610, message: "Attempt to send to +15005550006"),
                    .throttled(retryAfterSeconds: nil), nil,
                ])
            try post(receiver, "SM1")
            let refused = "reply_refusals_total{code=\"21610\"}"
            #expect(try eventually { try receiver.metrics()[refused] == 1 })
            try post(receiver, "SM2")
            #expect(eventually { twilio.sent.count == 1 })
            #expect(try eventually { try receiver.metrics()["reply_dead_letters"] == 1 })
            #expect(!receiver.log.contains("5005550006"))
            #expect(receiver.log.contains("\"code\":21610"))
        }

        @Test func `X21 after an unknown outcome Twilio's list is asked before a second try`()
            throws
        {
            answer("<Message>hello</Message>")
            let receiver = try receiver(["--reply-look", "50ms"])
            twilio.fail("POST", [.close(isDone: true)])
            try post(receiver, "SM1")
            let found = "replies_total{result=\"found\"}"
            #expect(try eventually { try receiver.metrics()[found] == 1 })
            #expect(twilio.sent.count == 1)
            // Twilio has not got this one, and its list says so.
            twilio.fail("POST", [.close(isDone: false)])
            try post(receiver, "SM2")
            #expect(eventually { twilio.sent.count == 2 })
            #expect(try receiver.metrics()["replies_total{result=\"repeated\"}"] == 1)
        }

        @Test func `X21 SIGKILLs between the steps lose no reply`() throws {
            answer("<Message>hello</Message>")
            let receiver = try receiver(["--reply-look", "20ms", "--log-level", "warning"])
            let lives = Torture.count(6, torture: 200)
            var acknowledged = 0
            for life in 0..<lives {
                if life > 0 { try receiver.restart() }
                for number in 0..<Int.random(in: 1...8) {
                    let client = try RawClient(port: receiver.webhookPort)
                    client.send(try SignedWebhook(sid: "SM\(life)x\(number)").request())
                    if client.response()?.status == 200 { acknowledged += 1 }
                }
                let goal = twilio.sent.count + Int.random(in: 0...2)
                _ = eventually(seconds: 0.2) { twilio.sent.count >= goal }
                receiver.kill()
            }
            try receiver.restart()
            #expect(try eventually { try receiver.metrics()["replies_waiting"] == 0 })
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            let sent = twilio.sent.count
            // An application that got a message twice answered twice.
            let most = application.taken.count + lives
            #expect(sent >= acknowledged && sent <= most, "\(sent) of \(acknowledged), \(most)")
        }

        @Test func `X21 without the setting nothing is sent, and it is counted`() throws {
            answer("<Message>hello</Message>")
            let receiver = try Receiver([
                "--forward-to", application.url, "--twilio-api", twilio.url,
            ])
            try post(receiver, "SM1")
            let ignored = "delivery_twiml_ignored_total"
            #expect(try eventually { try receiver.metrics()[ignored] == 1 })
            #expect(twilio.with { $0.requests } == [])
        }
    }
}
