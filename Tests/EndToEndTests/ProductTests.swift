import TestSupport
import Testing

/// Every event that Twilio signs reaches the application once, whatever product it is of (X16).
extension EndToEnd {
    @Suite struct ProductTests {
        private static let account = TwilioCall.account
        private let application: Application

        init() throws { application = try Application() }

        private func receiver(_ arguments: [String] = [], authToken: String? = Receiver.token)
            throws -> Receiver
        {
            try Receiver(["--forward-to", application.url] + arguments, authToken: authToken)
        }

        /// Events, each with its retries; all of them are to be forwarded, no retry is.
        private static let events: [(kind: String, calls: [TwilioCall])] = [
            ("conversations", [conversation("onMessageAdded"), conversation("onMessageAdded", 1)]),
            ("conversations", [conversation("onMessageUpdated")]),
            (
                "conversations",
                [conversation("onMessageRemoved"), conversation("onMessageRemoved", 2)]
            ),
            ("status_callback", [oldStatus("sent"), oldStatus("sent")]),
            ("status_callback", [oldStatus("delivered")]),
            (
                "task_router",
                [
                    TwilioCall([
                        "Sid": "EV1", "EventType": "task.created", "AccountSid": account,
                        "WorkspaceSid": "WS1",
                    ])
                ]
            ),
            ("voice_status", [callStatus(0), callStatus(0)]),
            ("voice_status", [callStatus(1)]),
            ("voice", [recording("in-progress")]),
            ("voice", [recording("completed"), recording("completed")]),
            ("event_streams", [stream("EZ1"), stream("EZ1", "application/cloudevents+json")]),
            ("event_streams", [stream("EZ2", "application/cloudevents-batch+json")]),
            ("other", [TwilioCall(body: #"{"flow":"FW1","step":1}"#, contentType: "text/plain")]),
            ("other", [TwilioCall(body: #"{"flow":"FW1","step":2}"#)]),
            ("other", [TwilioCall(body: "<xml/>", contentType: "application/xml")]),
            ("other", [click("one").with("I-Twilio-Idempotency-Token", "a")]),
            (
                "other",
                [
                    click("one").with("I-Twilio-Idempotency-Token", "b"),
                    click("one").with("I-Twilio-Idempotency-Token", "b"),
                ]
            ),
            ("message", [inbound("SM1"), inbound("SM1", "/webhook/whatsapp/")]),
            ("message", [inbound("SM2", "//webhook/sms")]),
        ]

        private static func conversation(_ type: String, _ retries: Int = 0) -> TwilioCall {
            TwilioCall([
                "EventType": type, "MessageSid": "IM1", "ConversationSid": "CH1",
                "AccountSid": account, "RetryCount": "\(retries)", "Body": "hi",
            ])
        }

        private static func oldStatus(_ status: String) -> TwilioCall {
            TwilioCall([
                "SmsStatus": status, "SmsSid": "SM9", "AccountSid": account, "To": "+15005550006",
            ])
        }

        private static func callStatus(_ number: Int) -> TwilioCall {
            TwilioCall([
                "CallSid": "CA1", "CallStatus": "ringing", "SequenceNumber": "\(number)",
                "CallbackSource": "call-progress-events", "AccountSid": account,
            ])
        }

        private static func recording(_ status: String) -> TwilioCall {
            TwilioCall([
                "RecordingSid": "RE1", "CallSid": "CA1", "RecordingStatus": status,
                "AccountSid": account,
            ])
        }

        private static func stream(
            _ id: String, _ type: String = "application/json"
        ) -> TwilioCall {
            TwilioCall(
                body: #"[{"specversion":"1.0","id":"\#(id)","data":{"accountSid":"\#(account)"}}]"#,
                contentType: type)
        }

        private static func click(_ link: String) -> TwilioCall {
            TwilioCall(["event_type": "click", "account_sid": account, "link": link])
        }

        private static func inbound(
            _ sid: String, _ target: String = "/webhook/whatsapp"
        ) -> TwilioCall {
            TwilioCall(
                target,
                ["MessageSid": sid, "AccountSid": account, "SmsStatus": "received", "Body": "hi"])
        }

        @Test func `each event is forwarded once and its retries are told from it`() throws {
            let receiver = try receiver()
            for round in 0..<2 {
                for (_, calls) in Self.events {
                    for call in calls {
                        #expect(try call.send(to: receiver) == 200, "\(call.request)")
                    }
                }
                #expect(eventually { application.requests.count >= Self.events.count }, "\(round)")
            }
            let bodies = application.requests.map { String(decoding: $0.body, as: UTF8.self) }
            #expect(bodies.sorted() == Self.events.map { $0.calls[0].body }.sorted())
            // Every request of the second round is a repetition, and so are retries of the first.
            let retries = Self.events.reduce(0) { $0 + 2 * $1.calls.count - 1 }
            let metrics = try receiver.metrics(afterReplies: retries + Self.events.count)
            #expect(metrics.sum("webhook_duplicates_total") == Double(retries))
            for kind in Set(Self.events.map(\.kind)) {
                let expected = Self.events.filter { $0.kind == kind }
                    .reduce(0) { $0 + 2 * $1.calls.count - 1 }
                #expect(
                    metrics[#"webhook_duplicates_total{kind="\#(kind)"}"#] == Double(expected),
                    "\(kind)")
            }
        }

        @Test func `an event without a name may happen again after its time`() throws {
            let receiver = try receiver(["--dedupe-unknown-retention", "1s"])
            let call = Self.click("again")
            #expect(try call.send(to: receiver) == 200)
            #expect(eventually { application.requests.count == 1 })
            let isTwo = try eventually {
                let status = try call.send(to: receiver)
                return status == 200 && application.requests.count == 2
            }
            #expect(isTwo)
            let keys = application.requests.compactMap {
                $0.headText.firstMatch(of: /Idempotency-Key: (\w{32})\r\n/)?.1
            }
            #expect(Set(keys).count == 2)
            // A named one never does.
            let named = Self.inbound("SM1")
            for _ in 0..<2 { #expect(try named.send(to: receiver) == 200) }
            #expect(eventually { application.taken.filter { $0 == "SM1" }.count == 1 })
        }

        @Test func `a call that waits for TwiML is counted and said in the log`() throws {
            let receiver = try receiver()
            let call = TwilioCall(
                "/webhook/sms",
                ["CallSid": "CA1", "CallStatus": "ringing", "AccountSid": Self.account])
            for _ in 0..<3 { #expect(try call.send(to: receiver) == 200) }
            #expect(try Self.callStatus(0).send(to: receiver) == 200)
            let metrics = try receiver.metrics(afterReplies: 4)
            #expect(metrics["voice_hangups_total"] == 3)
            let said = { receiver.log.components(separatedBy: "Twilio Voice asked").count - 1 }
            #expect(eventually { said() == 1 })
        }

        /// Two accounts, and requests that name their account in JSON, in small letters or nowhere.
        @Test func `what does not say who signed it is proved and signed with the same token`()
            throws
        {
            let folder = try TemporaryFolder()
            let other = "AC" + String(repeating: "b", count: 32)
            let tokens = ["first-token", "second-token", "any-token"]
            try folder.write(
                "\(Self.account): [\(tokens[0])]\n\(other): [new, \(tokens[1])]\n"
                    + "\"*\": [\(tokens[2])]\n",
                to: "tokens.yaml")
            let receiver = try receiver(
                ["--tokens-file", folder.path("tokens.yaml")], authToken: nil)
            let calls: [TwilioCall] = [
                TwilioCall(body: #"{"data":{"accountSid":"\#(other)"},"n":0}"#),
                TwilioCall(body: #"{"n":1}"#),
                TwilioCall(["event_type": "click", "account_sid": other, "link": "x"]),
                TwilioCall(["event_type": "click", "account_sid": "AC1", "link": "y"]),
            ]
            var sent = 0
            for token in tokens {
                for var call in calls {
                    call.token = token
                    call.fields = [("I-Twilio-Idempotency-Token", token)]
                    #expect(try call.send(to: receiver) == 200, "\(token) \(call.body)")
                    sent += 1
                    #expect(eventually { application.requests.count == sent })
                    let forwarded = try #require(application.requests.last)
                    #expect(
                        forwarded.headText.contains("X-Twilio-Signature: ")
                            && TwilioCall.isSigned(forwarded, call, token: token), "\(token)")
                }
                // A form's AccountSid is the only one that can have signed it.
                var form = Self.inbound("SM\(token)")
                form.token = token
                #expect(try form.send(to: receiver) == (token == tokens[0] ? 200 : 403))
                if token == tokens[0] { sent += 1 }
                #expect(eventually { application.requests.count == sent })
            }
            var forged = calls[0]
            forged.token = "guessed"
            #expect(try forged.send(to: receiver) == 403)
            let metrics = try receiver.metrics(afterReplies: sent + 3)
            #expect(metrics[#"token_matches_total{position="second"}"#] == 4)
        }
    }
}

extension TwilioCall {
    /// True when the application, which rebuilds the URL that it sees, finds the signature right.
    static func isSigned(_ forwarded: ReceivedRequest, _ call: TwilioCall, token: String) -> Bool {
        let lines = forwarded.headText.components(separatedBy: "\r\n")
        let field = { (name: String) in
            lines.first { $0.lowercased().hasPrefix(name + ": ") }?.dropFirst(name.count + 2)
        }
        let target = lines[0].split(separator: " ")[1]
        var expected = call
        expected.token = token
        expected.signedTarget = String(target)
        return field("x-twilio-signature").map(String.init)
            == expected.signature(origin: "http://\(field("host") ?? "")")
    }
}
