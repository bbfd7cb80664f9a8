import TestSupport
import Testing

/// What happens between the commit and the application.
extension EndToEnd {
    @Suite struct ForwardingTests {
        @Test func `X8 the forwarded request is the received one with headers of ours`() throws {
            let application = try Application()
            let receiver = try Receiver(["--forward-to", application.url + "?key=1"])
            let webhook = SignedWebhook(sid: "SM1", path: "/webhook/sms?a=%2f&b", body: "grüße +")
            let client = try RawClient(port: receiver.webhookPort)
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let given = "traceparent: 00-\(trace)-b7ad6b7169203331-01\r\ntracestate: a=b\r\n"
            client.send(
                try webhook.request().replacing(
                    "Host: 127.0.0.1\r\n", with: "Host: 127.0.0.1\r\n\(given)"))
            let response = try #require(client.response())
            #expect(response.status == 200)
            #expect(eventually { application.requests.count == 1 })
            let request = try #require(application.requests.first)
            #expect(request.requestLine == "POST /application?key=1&a=%2f&b HTTP/1.1")
            #expect(String(decoding: request.body, as: UTF8.self) == webhook.form)
            let head = request.headText
            #expect(head.contains("Content-Type: application/x-www-form-urlencoded\r\n"))
            #expect(head.contains("Hookline-Attempt: 1\r\n"))
            #expect(
                head.contains("Hookline-Original-URL: http://127.0.0.1/webhook/sms?a=%2f&b\r\n"))
            #expect(head.contains("Hookline-Original-Signature: \(try webhook.signature())\r\n"))
            // X12: one trace from Twilio's request to the application's, the log and the reply.
            let span = try #require(head.firstMatch(of: /traceparent: 00-(\w{32})-(\w{16})-01\r\n/))
            #expect(span.1 == trace && span.2 != "b7ad6b7169203331")
            #expect(head.contains("tracestate: a=b\r\n"))
            #expect(response.head.contains("traceresponse: 00-\(trace)-\(span.2)-01\r\n"))
            // Twilio traces nothing, and is told nothing.
            client.send(try SignedWebhook(sid: "SM2").request())
            let untraced = try #require(client.response())
            #expect(untraced.status == 200 && !untraced.head.contains("traceresponse"))
            #expect(eventually { receiver.log.contains("\"trace_id\":\"\(trace)\"") })
            #expect(receiver.log.contains("\"from\":\"whatsapp:+…06\""))
            _ = try receiver.metrics(afterReplies: 2)
            let page = try receiver.ops("/metrics", accept: "application/openmetrics-text").body
            let bucket = try #require(
                page.split(separator: "\n").first { $0.contains("trace_id=\"\(trace)\"") })
            #expect(bucket.hasPrefix("hookline_webhook_duration_seconds_bucket{route=\"sms\""))
            #expect(
                head.contains(/Hookline-Received-At: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\r\n/))
            #expect(head.contains(/Idempotency-Key: [0-9a-f]{32}\r\n/))
        }

        @Test func `X8 any query reaches an application, signed for the URL that it sees`() throws {
            let application = try Application()
            let root = application.url.replacing("/application", with: "")
            let receiver = try Receiver(["--forward-to", root + "?key=1"])
            let target = "/webhook/sms?name=José%&x=1#y&z={2}"
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try SignedWebhook(sid: "SM1", path: target).request())
            #expect(client.response()?.status == 200)
            #expect(eventually { application.requests.count == 1 })
            let request = try #require(application.requests.first)
            let seen = "/?key=1&name=Jos%C3%A9%25&x=1%23y&z=%7B2%7D"
            #expect(request.requestLine == "POST \(seen) HTTP/1.1")
            var asSeen = SignedWebhook(sid: "SM1", path: seen)
            asSeen.host = root.replacing("http://", with: "")
            #expect(request.headText.contains("\r\nHost: \(asSeen.host)\r\n"))
            #expect(
                request.headText.contains("\r\nX-Twilio-Signature: \(try asSeen.signature())\r\n"))
            #expect(
                request.headText.contains(
                    "\r\nHookline-Original-URL: http://127.0.0.1\(target)\r\n"))
        }

        @Test func `what Twilio wrote into fields of its own reaches the application`() throws {
            let application = try Application()
            let receiver = try Receiver(["--forward-to", application.url])
            let passed = [
                ("User-Agent", "TwilioProxy/1.1"), ("I-Twilio-Idempotency-Token", "5b2f-1"),
                ("X-Home-Region", "us1"), ("X-Twilio-Signature-Version", "2"),
                ("i-twilio-request-id", "RQ1"), ("X-TWILIO-Other", "a, b\t\"c\" \u{e9}"),
            ]
            let kept = [
                ("Connection", "X-Hop, keep-alive"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5"),
                ("Via", "1.1 proxy"), ("X-Forwarded-For", "192.0.2.1"), ("Cookie", "a=b"),
                ("Authorization", "Basic eA=="), ("Accept", "*/*"), ("TE", "trailers"),
                ("X-Twilio-Webhooks-Signature-Settings", "algorithm=HMAC_SHA1"),
            ]
            var call = TwilioCall(["MessageSid": "SM1", "AccountSid": TwilioCall.account])
            call.fields = passed + kept
            #expect(try call.send(to: receiver) == 200)
            #expect(eventually { application.requests.count == 1 })
            let head = try #require(application.requests.first).headText
            for (name, value) in passed { #expect(head.contains("\r\n\(name): \(value)\r\n")) }
            for (name, value) in kept where name != "Accept" {
                #expect(!head.contains("\r\n\(name): \(value)"), "\(name)")
            }
            // One of each: none is sent beside ours.
            for name in ["user-agent", "x-twilio-signature", "idempotency-key", "content-type"] {
                let lines = head.lowercased().components(separatedBy: "\r\n\(name): ").count - 1
                #expect(lines == 1, "\(name)")
            }
        }

        @Test func `a restart loses neither method nor fields of what is owed`() throws {
            let application = try Application()
            application.answer(.init(500))
            let receiver = try Receiver([
                "--forward-to", application.url, "--retry-initial", "20ms", "--retry-cap", "50ms",
            ])
            let call = TwilioCall(
                get: "/webhook/sms", ["MessageSid": "SM1", "AccountSid": TwilioCall.account]
            ).with("User-Agent", "TwilioProxy/1.1").with("I-Twilio-Idempotency-Token", "5b2f-1")
            #expect(try call.send(to: receiver) == 200)
            #expect(eventually { !application.requests.isEmpty })
            receiver.kill()
            #expect(eventually { application.isQuiet })
            let before = application.requests.count
            application.answer(.init(200))
            try receiver.restart()
            #expect(eventually { application.requests.count > before })
            let request = try #require(application.requests.last)
            #expect(request.requestLine.hasPrefix("GET /application?MessageSid=SM1"))
            #expect(request.headText.contains("\r\nUser-Agent: TwilioProxy/1.1\r\n"))
            #expect(request.headText.contains("\r\nI-Twilio-Idempotency-Token: 5b2f-1\r\n"))
            #expect(TwilioCall.isSigned(request, call, token: Receiver.token))
        }

        @Test func `X9 a failure is retried with one key until the application takes it`() throws {
            let application = try Application()
            application.answer(.init(500))
            let receiver = try Receiver([
                "--forward-to", application.url, "--retry-initial", "20ms", "--retry-cap", "50ms",
            ])
            #expect(try receiver.send().status == 0)
            #expect(eventually { application.requests.count >= 3 })
            application.answer(.init(200))
            #expect(eventually { application.taken.count == 1 })
            let keys = Set(
                application.requests.compactMap {
                    $0.headText.firstMatch(of: /Idempotency-Key: (\w+)/)?.1
                })
            #expect(keys.count == 1)
            let attempts = application.requests.compactMap {
                $0.headText.firstMatch(of: /Hookline-Attempt: (\d+)/)?.1
            }
            #expect(attempts.map { Int($0) } == attempts.indices.map { $0 + 1 })
            #expect(receiver.log.contains(#""result":"server_error","status":500"#))
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(
                try receiver.metrics()[
                    #"delivery_attempts_total{priority="normal",result="server_error"}"#]
                    == Double(attempts.count - 1))
        }

        @Test func `X9 410 is a dead letter at once, and an expired message one in the end`() throws
        {
            let application = try Application()
            application.answer(.init(410))
            let receiver = try Receiver([
                "--forward-to", application.url, "--retry-initial", "20ms", "--retry-window", "1s",
            ])
            #expect(try receiver.send().status == 0)
            #expect(try eventually { try receiver.metrics()["dead_letters"] == 1 })
            #expect(application.requests.count == 1)
            application.answer(.init(503))
            #expect(try receiver.send().status == 0)
            #expect(try eventually { try receiver.metrics()["dead_letters"] == 2 })
            #expect(application.requests.count > 2)
            let status = try receiver.command(["queue", "status", "--json"])
            #expect(status.output.contains(#""dead_lettered":2"#))
            #expect(receiver.log.contains("\"dead_letter\":\"gone\""))
            #expect(receiver.log.contains("\"dead_letter\":\"expired\""))
        }

        @Test func `X9 Retry-After is honoured`() throws {
            let application = try Application()
            application.answer(.init(503, headers: "Retry-After: 3600\r\n"))
            let receiver = try Receiver(["--forward-to", application.url, "--retry-initial", "1ms"])
            #expect(try receiver.send().status == 0)
            #expect(
                try eventually {
                    try receiver.metrics().sum("queue_depth", #"state="retryable""#) == 1
                })
            #expect(application.requests.count == 1)
            #expect(receiver.log.contains("\"next\":\""))
        }

        @Test func `R8 a message with media is forwarded before text that came earlier`() throws {
            let application = try Application()
            application.hold()
            let receiver = try Receiver([
                "--forward-to", application.url, "--forward-concurrency", "1",
            ])
            #expect(try receiver.send().status == 0)
            #expect(eventually { application.requests.count == 1 })
            // While the first one is held, the others queue up.
            #expect(try receiver.send(6).status == 0)
            #expect(try receiver.send(2, ["--media"]).status == 0)
            application.release()
            #expect(eventually { application.taken.count == 9 })
            let media = application.taken.indices.filter { application.taken[$0].hasPrefix("MM") }
            #expect(media == [1, 2], "\(application.taken)")
        }

        @Test func `an answer with TwiML verbs is counted and logged once`() throws {
            let application = try Application()
            application.answer(
                .init(
                    200, body: "<?xml version=\"1.0\"?><Response><Message>hi</Message></Response>"))
            let receiver = try Receiver(["--forward-to", application.url])
            #expect(try receiver.send(5).status == 0)
            #expect(try eventually { try receiver.metrics()["delivery_twiml_ignored_total"] == 5 })
            #expect(receiver.stop() == 0)
            #expect(
                receiver.log.split(separator: "\n").filter { $0.contains("TwiML verbs") }.count == 1
            )
        }

        @Test func `X4 a message that comes again is one, its status callbacks are several`() throws
        {
            let application = try Application()
            let receiver = try Receiver(["--forward-to", application.url])
            #expect(try receiver.send(5, ["--duplicate"]).status == 0)
            #expect(eventually { application.taken.count == 5 })
            var callback = SignedWebhook(sid: "SM1", path: "/webhook/status")
            let client = try RawClient(port: receiver.webhookPort)
            for status in ["sent", "delivered", "sent", "read"] {
                callback.fields.removeAll { $0.name == "MessageStatus" }
                callback.fields.append(("MessageStatus", status))
                client.send(try callback.request())
                #expect(client.response()?.status == 200)
            }
            // The fallback URL gets the same message: one identity, whatever the route.
            client.send(try SignedWebhook(sid: "SM2").request())
            #expect(client.response()?.status == 200)
            client.send(try SignedWebhook(sid: "SM2", path: "/webhook/sms").request())
            #expect(client.response()?.status == 200)
            #expect(eventually { application.taken.count == 5 + 3 + 1 })
            let metrics = try receiver.metrics(afterReplies: 10 + 4 + 2)
            #expect(
                metrics.sum("webhook_duration_seconds_count", #"outcome="duplicate""#) == 5 + 1 + 1)
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(application.taken.count == 9)
        }

        @Test func `without a destination a message is written to the log as delivered`() throws {
            let receiver = try Receiver()
            #expect(try receiver.send(3).status == 0)
            #expect(
                eventually {
                    receiver.log.split(separator: "\n").filter {
                        $0.contains("\"msg\":\"delivered to the log")
                    }.count == 3
                })
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
        }

        @Test func `SIGTERM answers what was accepted, and a restart delivers what was owed`()
            throws
        {
            let application = try Application()
            application.answer(.init(500))
            let receiver = try Receiver([
                "--forward-to", application.url, "--retry-initial", "10ms", "--retry-cap", "20ms",
            ])
            #expect(try receiver.send(50).status == 0)
            let clock = ContinuousClock()
            let start = clock.now
            #expect(receiver.stop() == 0)
            #expect(clock.now - start < .seconds(5))
            application.answer(.init(200))
            try receiver.restart()
            #expect(eventually { application.taken.count == 50 })
            #expect(Set(application.taken).count == 50)
            #expect(receiver.stop() == 0)
        }
    }
}
