import TestSupport
import Testing

/// `hookline send --product` against a real server.
extension EndToEnd {
    @Suite struct SendProductTests {
        /// What a webhook of each product has that no other product's has.
        private static let marks = [
            "messaging": "&SmsStatus=received&", "conversations": "EventType=onMessageAdded&",
            "event-streams": #""specversion":"1.0""#,
            "voice-status": "&CallbackSource=call-progress-events&",
            "studio": "&ExecutionSid=FN", "verify": "&type=factor.verified&",
            "task-router": "EventType=task.created&",
            "click": #""event_type":"click""#,
        ]

        @Test(arguments: marks.keys.sorted())
        func `a product's webhooks reach the application, each once though sent twice`(
            product: String
        ) throws {
            let application = try Application()
            let receiver = try Receiver(["--forward-to", application.url])
            let sent = try receiver.send(3, ["--product", product, "--duplicate"])
            #expect(sent.status == 0, "\(sent.output)")
            #expect(sent.output.contains("6 × 200 text/xml"), "\(sent.output)")
            #expect(eventually { application.requests.count >= 3 })
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            let bodies = application.requests.map { String(decoding: $0.body, as: UTF8.self) }
            #expect(bodies.count == 3 && Set(bodies).count == 3)
            let mark = try #require(Self.marks[product])
            #expect(bodies.allSatisfy { $0.contains(mark) }, "\(bodies)")
            let type = mark.hasPrefix("\"") ? "json" : "x-www-form-urlencoded"
            for request in application.requests {
                #expect(request.headText.contains("Content-Type: application/\(type)"))
                #expect(request.requestLine.contains("bodySHA256=") == (type == "json"))
            }
            let metrics = try receiver.metrics(afterReplies: 6)
            #expect(metrics[#"validations_total{result="valid"}"#] == 6)
            #expect(receiver.stop() == 0)
        }

        @Test func `a webhook that nobody's token signed is refused, whatever the product`() throws
        {
            let receiver = try Receiver()
            for product in Self.marks.keys {
                let sent = try receiver.send(1, ["--product", product, "--bad-signature"])
                #expect(sent.status == 0 && sent.output.contains("1 × 403"), "\(sent.output)")
            }
        }

        @Test(arguments: [
            ["--product", "verify", "--media"],
            ["--product", "conversations", "--status", "delivered"],
            ["--product", "voice-status", "--body", "hello"], ["--product", "fax"],
        ])
        func `an option that a product has no use for is wrong usage`(arguments: [String]) throws {
            let result = try ChildProcess.run(
                Repository.hookline, ["send", "--to", "http://127.0.0.1:1/"] + arguments,
                environment: ["TWILIO_AUTH_TOKEN": Receiver.token])
            #expect(result.status == 2, "\(result.errors)")
            let wrong = arguments.count > 2 ? arguments[2] : arguments[1]
            #expect(result.output.isEmpty && result.errors.contains(wrong), "\(result.errors)")
        }

        @Test func `the help names every product`() throws {
            let result = try ChildProcess.run(Repository.hookline, ["send", "--help"])
            let words = result.output.split { " ,;()\n".contains($0) }.map(String.init)
            #expect(result.status == 0)
            #expect(Self.marks.keys.allSatisfy { words.contains($0) }, "\(result.output)")
        }
    }
}
