import TestSupport
import Testing

/// What nobody should send, validly signed or not: a clear answer, and the process goes on.
extension EndToEnd {
    @Suite struct BadInputTests {
        private func ask(_ receiver: Receiver, _ request: [UInt8]) throws -> Int {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(request)
            return try #require(client.response()).status
        }

        private func ask(_ receiver: Receiver, _ webhook: SignedWebhook) throws -> Int {
            try ask(receiver, Array(try webhook.request().utf8))
        }

        /// A request with a body of any bytes, signed as Twilio's libraries would read it only
        /// when `signature` is given.
        private func raw(_ body: [UInt8], signature: String = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            -> [UInt8]
        {
            Array(
                ("POST /webhook/whatsapp HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "X-Twilio-Signature: \(signature)\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
        }

        @Test func `parameters are bounded at 512`() throws {
            let receiver = try Receiver()
            for (count, status) in [(512, 200), (513, 400)] {
                var webhook = SignedWebhook(sid: "SM\(count)")
                webhook.fields += (0..<(count - webhook.fields.count)).map { ("F\($0)", "v") }
                #expect(webhook.fields.count == count)
                #expect(try ask(receiver, webhook) == status)
            }
            #expect(eventually { (try? receiver.metrics()["quarantined"]) == 1 })
        }

        @Test func `a body is bounded at 256 KiB`() throws {
            let receiver = try Receiver()
            for (count, status) in [(262_144, 200), (262_145, 413)] {
                var webhook = SignedWebhook(sid: "SM\(count)")
                webhook.fields[1].value = ""
                let rest = webhook.form.utf8.count
                webhook.fields[1].value = String(repeating: "x", count: count - rest)
                #expect(webhook.form.utf8.count == count)
                #expect(try ask(receiver, webhook) == status)
            }
        }

        @Test(arguments: [("Body", 1), ("From", 2), ("MessageSid", 3)])
        func `a repeated field that is signed all the same is refused and kept`(
            name: String, index: Int
        ) throws {
            let receiver = try Receiver()
            var webhook = SignedWebhook(sid: "SM1")
            webhook.fields.insert((name, "another"), at: index + 1)
            // As Twilio signs a repeated field: its values sorted, the name before each.
            let sorted = webhook.fields.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            webhook.fields = sorted
            #expect(try ask(receiver, webhook) == 400)
            let metrics = try receiver.metrics()
            #expect(metrics[#"validations_total{result="malformed"}"#] == 1)
            #expect(eventually { (try? receiver.metrics()["quarantined"]) == 1 })
            #expect(metrics["store_batch_messages_sum"] == 0)
            // The same value twice is one parameter to the signature, and to us.
            var twice = SignedWebhook(sid: "SM2")
            let signature = try twice.signature()
            twice.fields.append(twice.fields[index])
            #expect(
                try ask(receiver, Array(twice.request(signature: signature).utf8)) == 200)
        }

        @Test func `no bytes end the process`() throws {
            let receiver = try Receiver()
            let bodies: [[UInt8]] = [
                [], Array("=".utf8), Array("&&&=&=&".utf8), Array("%".utf8), Array("%zz=%f".utf8),
                Array("Body=%".utf8), Array("Body=%e".utf8), [0], [0xff, 0xfe, 0x3d, 0xc0],
                Array("AccountSid=%00&MessageSid=%ff%fe".utf8), Array("=value&=".utf8),
                Array(repeating: 0x26, count: 60_000), Array(repeating: 0x25, count: 60_000),
                Array("NumMedia=99999999999999999999999999".utf8),
            ]
            for body in bodies { #expect([400, 403].contains(try ask(receiver, raw(body)))) }
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<200 {
                let count = Int.random(in: 0..<600, using: &generator)
                let alphabet = Array("=&%+aAb0\u{0}".utf8) + [0xff, 0xc3, 0x28]
                let body = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
                #expect([400, 403].contains(try ask(receiver, raw(body))), "\(body)")
            }
            #expect(try ask(receiver, SignedWebhook(sid: "SM1")) == 200)
            #expect(receiver.stop() == 0)
        }
    }
}
