import Foundation
import TestSupport
import Testing

/// What is not taken: nothing of it is stored, and the right counter moves.
extension EndToEnd {
    @Suite struct RefusalTests {
        private func ask(_ receiver: Receiver, _ request: String) throws -> (
            status: Int, head: String, body: String
        ) {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(request)
            return try #require(client.response())
        }

        @Test func `R5 a wrong or missing signature is 403 and nothing is stored`() throws {
            let receiver = try Receiver()
            let webhook = SignedWebhook(sid: "SM1")
            for signature in [nil, "", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
                let response = try ask(receiver, webhook.request(signature: signature))
                #expect(response.status == 403)
                #expect(response.body.isEmpty)
                #expect(response.head.contains("X-Request-Id: "))
            }
            var forged = webhook
            forged.token = "another"
            #expect(try ask(receiver, try forged.request()).status == 403)
            var metrics = try receiver.metrics()
            #expect(metrics[#"validations_total{result="missing_signature"}"#] == 2)
            #expect(metrics[#"validations_total{result="invalid_signature"}"#] == 2)
            #expect(metrics[#"errors_total{type="signature"}"#] == 4)
            #expect(metrics["store_batch_messages_count"] == 0)
            // The log names neither the message nor who is said to have written it.
            let refused = #""outcome":"refused""#
            #expect(eventually { receiver.log.components(separatedBy: refused).count == 5 })
            for line in receiver.log.split(separator: "\n") where line.contains(refused) {
                #expect(line.contains(#""message_sid":"","from":"…","to":"…"}"#), "\(line)")
            }
            // Nothing claimed the message's identity: the genuine one is new.
            #expect(try ask(receiver, try webhook.request()).status == 200)
            metrics = try receiver.metrics(afterReplies: 5)
            #expect(metrics.sum("webhook_duration_seconds_count", #"outcome="accepted""#) == 1)
        }

        @Test func `R5 a signature of one message does not fit another`() throws {
            let receiver = try Receiver()
            let webhook = SignedWebhook(sid: "SM1")
            let signature = try webhook.signature()
            var other = webhook
            other.fields[1].value = "changed"
            #expect(try ask(receiver, other.request(signature: signature)).status == 403)
            other = webhook
            other.path = "/webhook/sms"
            #expect(try ask(receiver, other.request(signature: signature)).status == 403)
            #expect(try ask(receiver, webhook.request(signature: signature)).status == 200)
        }

        @Test func `X3 every refusal has its status and an empty body`() throws {
            let receiver = try Receiver(["--body-bytes-max", "2048", "--parameters-max", "16"])
            let webhook = SignedWebhook(sid: "SM1")
            var requests: [(String, Int)] = [
                ("GET /webhook/whatsapp HTTP/1.1\r\nHost: h\r\n\r\n", 405),
                ("POST /elsewhere HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 404),
                (try webhook.request().replacing("x-www-form-urlencoded", with: "pdf"), 415),
            ]
            var large = webhook
            large.fields[1].value = String(repeating: "x", count: 3000)
            requests.append((try large.request(), 413))
            var wide = webhook
            wide.fields += (0..<20).map { ("Field\($0)", "x") }
            requests.append((try wide.request(), 400))
            var ambiguous = webhook
            ambiguous.fields.append(("Body", "hello again"))
            requests.append((try ambiguous.request(), 400))
            for (request, status) in requests {
                let response = try ask(receiver, request)
                #expect(response.status == status, "\(request)")
                #expect(response.body.isEmpty, "\(request)")
                #expect(!response.head.contains("text/plain"), "\(request)")
                if status == 405 { #expect(response.head.contains("Allow: POST")) }
            }
            // libmicrohttpd itself refuses this one, with a page of its own.
            let hostless = try webhook.request().replacing("Host: 127.0.0.1\r\n", with: "")
            #expect(try ask(receiver, hostless).status == 400)
            #expect(try receiver.metrics()["store_batch_messages_count"] == 0)
        }

        @Test func `every refused request has one line in the log that says why`() throws {
            let receiver = try Receiver(["--body-bytes-max", "2048", "--parameters-max", "16"])
            let webhook = SignedWebhook(sid: "SM1")
            var large = webhook
            large.fields[1].value = String(repeating: "x", count: 3000)
            var wide = webhook
            wide.fields += (0..<20).map { ("Field\($0)", "x") }
            var ambiguous = webhook
            ambiguous.fields.append(("Body", "hello again"))
            let genuine = try webhook.request()
            let long = String(repeating: "x", count: 20_000)
            let requests: [(reason: String, request: String)] = [
                ("not_found", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
                ("method", "GET /webhook/sms HTTP/1.1\r\nHost: h\r\n\r\n"),
                ("media_type", genuine.replacing("x-www-form-urlencoded", with: "pdf")),
                ("malformed_form", try wide.request()),
                ("ambiguous_form", try ambiguous.request()),
                ("missing_signature", webhook.request(signature: nil)),
                ("invalid_signature", webhook.request(signature: "x")),
                ("body_too_large", try large.request()),
                ("framing", genuine.replacing("X-Twilio-Signature:", with: "X-Twilio-Signature :")),
                ("head_too_large", "POST /x HTTP/1.1\r\nHost: h\r\nX: \(long)\r\n\r\n"),
                ("expectation", genuine.replacing("Host: ", with: "Expect: x\r\nHost: ")),
            ]
            for (_, request) in requests {
                #expect(try ask(receiver, request).status >= 400, "\(request)")
            }
            for (reason, request) in requests {
                let words = #""reason":"\#(reason)""#
                let isSaid = eventually {
                    receiver.log.split(separator: "\n").count {
                        $0.contains(words) && $0.contains("\"msg\":\"webhook\"")
                    } == 1
                }
                #expect(isSaid, "\(reason): \(request)")
            }
            #expect(receiver.log.contains(#""fault":"field_name""#))
            for setting in ["body-bytes-max", "header-bytes-max", "parameters-max"] {
                let warnings = receiver.log.split(separator: "\n").filter {
                    $0.contains("raise --\(setting)") && $0.contains(#""level":"warning""#)
                }
                #expect(warnings.count == 1, "\(setting)")
            }
        }

        @Test func `X13 no body, number or token reaches the log or the metrics`() throws {
            let receiver = try Receiver(["--log-level", "debug"])
            let secret = "a text that nobody else should read"
            let webhook = SignedWebhook(sid: "SM1", body: secret)
            #expect(try ask(receiver, try webhook.request()).status == 200)
            #expect(try ask(receiver, webhook.request(signature: "wrong")).status == 403)
            let page = try receiver.ops("/metrics").body
            #expect(receiver.stop() == 0)
            for word in [secret, "+15005550006", "15005550001", Receiver.token] {
                #expect(!receiver.log.contains(word))
                #expect(!page.contains(word))
            }
            #expect(receiver.log.contains("SM1"))
        }
    }
}
