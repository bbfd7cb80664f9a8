import TestSupport
import Testing

/// X7: a request that a proxy damaged is released as Twilio signed it.
extension EndToEnd {
    @Suite struct DamageReleaseTests {
        private func webhook(_ sid: String, token: String = Receiver.token) -> SignedWebhook {
            var webhook = SignedWebhook(
                sid: sid, path: "/webhook/whatsapp?tenant=7", body: "hello & welcome")
            webhook.host = "hooks.example.com"
            webhook.token = token
            return webhook
        }

        /// The request as a proxy passes it on that adds a parameter to the query.
        private func withParameter(_ webhook: SignedWebhook) throws -> String {
            try webhook.request().replacing("?tenant=7", with: "?tenant=7&via=proxy")
        }

        /// The request as a proxy passes it on that adds a line's end to the body.
        private func withLineEnd(_ webhook: SignedWebhook) throws -> String {
            let length = webhook.form.utf8.count
            return try webhook.request().replacing(
                "Content-Length: \(length)", with: "Content-Length: \(length + 2)") + "\r\n"
        }

        private func count(_ receiver: Receiver, _ gauge: String, is count: Double) throws -> Bool {
            try eventually { try receiver.metrics()[gauge] == count }
        }

        @Test func `X7 the application gets path and body as Twilio signed them, and no forgery`()
            throws
        {
            let application = try Application()
            let receiver = try Receiver(
                ["--forward-to", application.url],
                origin: ["--public-url", "http://hooks.example.com"])
            let client = try RawClient(port: receiver.webhookPort)
            let damaged = [
                try withParameter(webhook("SMpath")), try withLineEnd(webhook("SMbody")),
                try withParameter(webhook("SMforged", token: "guessed")),
                try withLineEnd(webhook("SMforgery", token: "guessed")),
            ]
            for request in damaged {
                client.send(request)
                #expect(client.response()?.status == 403)
            }
            #expect(try count(receiver, "quarantined", is: 4))
            #expect(try count(receiver, "quarantine_proven", is: 2))
            let released = try receiver.command(["queue", "release", "--all"])
            #expect(released.output == "2 stay (invalid_signature), 2 released\n")
            #expect(eventually { Set(application.taken) == ["SMpath", "SMbody"] })
            for request in application.requests {
                let head = request.headText
                let body = String(decoding: request.body, as: UTF8.self)
                let url = "http://hooks.example.com/webhook/whatsapp?tenant=7"
                #expect(head.contains("Hookline-Original-URL: \(url)\r\n"))
                #expect([webhook("SMpath").form, webhook("SMbody").form].contains(body))
            }
            // The messages are known from now on, as if they had come undamaged.
            for sid in ["SMpath", "SMbody"] {
                client.send(try webhook(sid).request())
                #expect(client.response()?.status == 200)
            }
            for id in ["3", "4"] {
                let forged = try receiver.command(["queue", "release", id])
                #expect(forged.status == 1 && forged.output.contains("invalid_signature"))
            }
            #expect(receiver.stop() == 0)
            #expect(application.taken.count == 2)
        }
    }
}
