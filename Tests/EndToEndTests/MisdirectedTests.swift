import TestSupport
import Testing

/// Genuine requests that come where, or how, none is expected: taken where that makes sense, else
/// kept and said.
extension EndToEnd {
    @Suite struct MisdirectedTests {
        private static let account = TwilioCall.account
        private let application: Application

        init() throws { application = try Application() }

        private func receiver(_ arguments: [String] = []) throws -> Receiver {
            try Receiver(["--forward-to", application.url] + arguments)
        }

        private func message(_ target: String, _ sid: String) -> TwilioCall {
            TwilioCall(
                target,
                [
                    "MessageSid": sid, "AccountSid": Self.account, "SmsStatus": "received",
                    "Body": "a text that nobody else should read",
                ])
        }

        private func kept(_ receiver: Receiver, _ count: Int) throws -> Bool {
            try eventually { try receiver.metrics()["quarantined"] == Double(count) }
        }

        @Test func `a GET with a signature is taken, and forwarded as a GET`() throws {
            let receiver = try receiver()
            let call = TwilioCall(
                get: "/webhook/sms",
                [
                    "MessageSid": "SM1", "AccountSid": Self.account, "SmsStatus": "received",
                    "Body": "grüße + &?=",
                ])
            for _ in 0..<2 { #expect(try call.send(to: receiver) == 200) }
            #expect(eventually { application.requests.count == 1 })
            let forwarded = try #require(application.requests.first)
            let query = call.target.split(separator: "?")[1]
            #expect(forwarded.requestLine == "GET /application?\(query) HTTP/1.1")
            #expect(forwarded.body.isEmpty)
            #expect(TwilioCall.isSigned(forwarded, call, token: Receiver.token))
            // A changed query is a forgery, an unsigned GET nothing at all.
            var forged = call
            forged.target += "&x=1"
            forged.signedTarget = call.target
            #expect(try forged.send(to: receiver) == 403)
            let metrics = try receiver.metrics(afterReplies: 3)
            #expect(metrics[#"webhook_duplicates_total{kind="message"}"#] == 1)
        }

        @Test func `a path that is no route is kept, said once, and released`() throws {
            let receiver = try receiver()
            let paths = ["/webhook/mms", "/", "/twilio?secret=1", "/webhook/sms/inbound"]
            for (number, path) in paths.enumerated() {
                #expect(try message(path, "SM\(number)").send(to: receiver) == 404)
            }
            #expect(try kept(receiver, paths.count))
            let metrics = try receiver.metrics(afterReplies: paths.count)
            let refused = #"genuine_requests_refused_total{reason="not_found"}"#
            #expect(metrics[refused] == Double(paths.count))
            #expect(metrics["quarantine_proven"] == Double(paths.count))
            // It is no failed validation, which would page somebody.
            #expect(metrics.sum("validations_total") == 0)
            let lines = receiver.log.split(separator: "\n").filter { $0.contains("is not a route") }
            #expect(lines.count == 1 && lines[0].contains(#""path":"/webhook/mms""#))
            #expect(receiver.log.contains(#""outcome":"malformed""#))
            #expect(receiver.log.contains(#""reason":"not_found""#))
            #expect(!receiver.log.contains("nobody else") && !receiver.log.contains("secret"))
            let list = try receiver.command(["queue", "list", "--quarantined"])
            #expect(list.output.contains("/webhook/sms/inbound"))
            let released = try receiver.command(["queue", "release", "--proven"])
            #expect(released.status == 0, "\(released.output)")
            #expect(eventually { application.taken.sorted() == ["SM0", "SM1", "SM2", "SM3"] })
            #expect(try kept(receiver, 0))
        }

        @Test func `another method is kept and released, and a scanner's is not`() throws {
            let receiver = try receiver()
            var call = message("/webhook/sms", "SM1")
            for method in ["PUT", "DELETE", "PATCH"] {
                call.method = method
                call.fields = [("I-Twilio-Idempotency-Token", method)]
                #expect(try call.send(to: receiver) == 405)
            }
            var head = TwilioCall(
                get: "/webhook/sms",
                ["MessageSid": "SM2", "AccountSid": Self.account, "SmsStatus": "received"])
            head.method = "HEAD"
            #expect(try head.send(to: receiver) == 405)
            #expect(try kept(receiver, 4))
            // Without a signature nothing is kept, as before.
            for request in ["GET /webhook/sms", "GET /.env", "POST /wp-login.php", "PUT /x"] {
                let client = try RawClient(port: receiver.webhookPort)
                client.send("\(request) HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
                #expect([404, 405].contains(client.response()?.status))
            }
            let metrics = try receiver.metrics(afterReplies: 8)
            #expect(metrics[#"genuine_requests_refused_total{reason="method"}"#] == 4)
            let released = try receiver.command(["queue", "release", "--all"])
            #expect(released.output.contains("2 released"), "\(released.output)")
            #expect(eventually { application.requests.count == 2 })
            // As Twilio sends them, whatever made another method of it.
            let methods = application.requests.map { $0.requestLine.prefix { $0 != " " } }
            #expect(methods.sorted() == ["GET", "POST"])
            #expect(try kept(receiver, 0))
            #expect(try receiver.metrics().sum("quarantine_dropped_total") == 0)
        }

        /// Something in front changed the method and left the rest: Twilio sent a POST.
        @Test func `what arrives with GET and a body is forwarded whole, with POST`() throws {
            let receiver = try receiver()
            var calls = [
                message("/webhook/sms", "SM1"), TwilioCall(body: #"{"a":1}"#),
                message("/webhook/sms", "SM2"),
            ]
            for index in calls.indices { calls[index].method = "GET" }
            // An unchanged signature over a changed body is a forgery.
            calls[2].body += "&x=1"
            #expect(try calls.map { try $0.send(to: receiver) } == [200, 200, 403])
            #expect(eventually { application.requests.count == 2 })
            // Deliveries are under way together: the application may get the second first.
            for call in calls.dropLast() {
                let forwarded = try #require(
                    application.requests.first {
                        String(decoding: $0.body, as: UTF8.self) == call.body
                    })
                #expect(forwarded.requestLine.hasPrefix("POST /application"))
                #expect(TwilioCall.isSigned(forwarded, call, token: Receiver.token))
            }
        }

        @Test func `a form that arrives with HEAD is explained, kept and released with POST`()
            throws
        {
            let receiver = try receiver()
            var call = message("/webhook/sms", "SM1")
            call.method = "HEAD"
            #expect(try call.send(to: receiver) == 405)
            #expect(try kept(receiver, 1))
            let released = try receiver.command(["queue", "release", "--all"])
            #expect(released.output.contains("1 released"), "\(released.output)")
            #expect(eventually { application.requests.count == 1 })
            #expect(application.requests.first?.requestLine == "POST /application HTTP/1.1")
            #expect(application.taken == ["SM1"])
        }

        @Test func `a forged signature on a path that is no route is kept behind the others`()
            throws
        {
            let receiver = try receiver()
            var call = message("/elsewhere", "SM1")
            call.token = "guessed"
            #expect(try call.send(to: receiver) == 404)
            #expect(try kept(receiver, 1))
            let metrics = try receiver.metrics(afterReplies: 1)
            #expect(metrics["quarantine_proven"] == 0)
            #expect(metrics.sum("genuine_requests_refused_total") == 0)
            let released = try receiver.command(["queue", "release", "--all"])
            #expect(released.status == 1 && released.output == "1 stay (invalid_signature)\n")
        }

        /// The public URL has a base path that the proxy does not strip.
        @Test func `a path that is no route because of a proxy is explained`() throws {
            let receiver = try Receiver(
                ["--forward-to", application.url],
                origin: ["--public-url", "http://127.0.0.1/hooks"])
            #expect(try message("/hooks/webhook/sms", "SM1").send(to: receiver) == 404)
            #expect(eventually { receiver.log.contains("signature mismatch") })
            #expect(receiver.log.contains("--public-url http://127.0.0.1"))
            #expect(try eventually { try receiver.metrics()["quarantine_proven"] == 1 })
            let released = try receiver.command(["queue", "release", "--all"])
            #expect(released.status == 0, "\(released.output)")
            #expect(eventually { application.taken == ["SM1"] })
        }

        @Test func `a body of another media type is kept, and released where a form was meant`()
            throws
        {
            let receiver = try receiver()
            var form = message("/webhook/sms", "SM1")
            form.contentType = "text/plain"
            #expect(try form.send(to: receiver) == 415)
            #expect(try eventually { try receiver.metrics()["quarantine_proven"] == 1 })
            #expect(receiver.log.contains(#""reason":"media_type""#))
            #expect(try receiver.command(["queue", "release", "--all"]).status == 0)
            #expect(eventually { application.taken == ["SM1"] })
        }

        @Test func `a form that names a field twice is kept ahead of others and said`() throws {
            let receiver = try receiver()
            let call = TwilioCall(
                "/webhook/sms",
                [
                    "AccountSid": Self.account, "Body": "a", "Body": "b", "MessageSid": "SM1",
                    "SmsStatus": "received",
                ])
            #expect(try call.send(to: receiver) == 400)
            #expect(try eventually { try receiver.metrics()["quarantine_proven"] == 1 })
            #expect(eventually { receiver.log.contains("a field twice") })
            let forced = try receiver.command([
                "queue", "release", "1", "--force", "--confirm", "1",
            ])
            #expect(forced.status == 0, "\(forced.output)")
            #expect(eventually { application.taken == ["SM1"] })
        }
    }
}
