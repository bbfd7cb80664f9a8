import Testing

@testable import Hookline

/// What kind of event a request is, and which two are one.
@Suite struct WebhookReaderTests {
    private static let account = SampleRequest.account
    private static let sid = "SM" + String(repeating: "1", count: 32)

    private static let inbound: [(String, String)] = [
        ("SmsMessageSid", sid), ("NumMedia", "0"), ("SmsSid", sid), ("SmsStatus", "received"),
        ("Body", "hi"), ("To", "+15005550001"), ("MessageSid", sid), ("AccountSid", account),
        ("From", "+15005550006"),
    ]
    private static let status: [(String, String)] = [
        ("MessageStatus", "sent"), ("SmsStatus", "sent"), ("SmsSid", sid), ("MessageSid", sid),
        ("AccountSid", account), ("From", "+15005550001"), ("To", "+15005550006"),
    ]
    private static let conversation: [(String, String)] = [
        ("EventType", "onMessageAdded"), ("MessageSid", "IM1"), ("ConversationSid", "CH1"),
        ("AccountSid", account), ("RetryCount", "0"), ("Body", "hi"), ("Index", "3"),
    ]
    private static let call: [(String, String)] = [
        ("CallSid", "CA1"), ("CallStatus", "ringing"), ("AccountSid", account),
        ("SequenceNumber", "1"), ("CallbackSource", "call-progress-events"),
        ("Timestamp", "Sat, 28 Nov 2026 08:00:00 +0000"),
    ]
    private static let task: [(String, String)] = [
        ("Sid", "EV1"), ("EventType", "task.created"), ("WorkspaceSid", "WS1"),
        ("AccountSid", account), ("TaskSid", "WT1"),
    ]

    /// The pairs with some of them set to other values, added, or left out (nil).
    private static func changed(
        _ pairs: [(String, String)], _ changes: [(String, String?)]
    ) -> SampleRequest {
        var pairs = pairs
        for (name, value) in changes {
            let index = pairs.firstIndex { $0.0 == name }
            if let index { pairs.remove(at: index) }
            if let value { pairs.insert((name, value), at: index ?? pairs.count) }
        }
        return SampleRequest(pairs)
    }

    @Test func `each product is told by its parameters`() throws {
        let cases: [(WebhookKind, SampleRequest)] = [
            (.message, SampleRequest(Self.inbound)),
            (.message, Self.changed(Self.inbound, [("SmsStatus", "receiving")])),
            (.message, Self.changed(Self.inbound, [("SmsStatus", nil)])),
            (.message, Self.changed(Self.inbound, [("MessageSid", nil)])),
            (
                .message,
                SampleRequest(get: [
                    "MessageSid": "MM1", "AccountSid": Self.account, "SmsStatus": "received",
                ])
            ),
            // Made up by a flow from a message's parameters.
            (.other, Self.changed(Self.inbound, [("SmsStatus", nil), ("SmsMessageSid", nil)])),
            (.other, Self.changed(Self.inbound, [("EventType", "step")])),
            (.other, Self.changed(Self.inbound, [("AccountSid", nil)])),
            (.other, Self.changed(Self.inbound, [("MessageSid", "IM1"), ("SmsSid", nil)])),
            (.statusCallback, SampleRequest(Self.status)),
            (.statusCallback, Self.changed(Self.status, [("SmsStatus", nil)])),
            (.statusCallback, Self.changed(Self.status, [("MessageStatus", nil)])),
            (.statusCallback, Self.changed(Self.status, [("EventType", "READ")])),
            (.conversations, SampleRequest(Self.conversation)),
            (.conversations, Self.changed(Self.conversation, [("MessageSid", nil)])),
            (
                .conversations,
                Self.changed(
                    Self.conversation, [("ConversationSid", nil), ("ChannelSid", "CH1")])
            ),
            (.taskRouter, SampleRequest(Self.task)),
            (.other, Self.changed(Self.task, [("Sid", "WT1")])),
            (.voiceStatus, SampleRequest(Self.call)),
            (.voice, Self.changed(Self.call, [("SequenceNumber", nil)])),
            (.voice, Self.changed(Self.call, [("CallbackSource", nil)])),
            (.voice, Self.changed(Self.call, [("SequenceNumber", "x")])),
            (.voice, Self.changed(Self.call, [("ConferenceSid", "CF1")])),
            (.voice, Self.changed(Self.call, [("RecordingSid", "RE1")])),
            (.voice, Self.changed(Self.inbound, [("CallSid", "CA1")])),
            (.eventStreams, SampleRequest(json: #"[{"specversion":"1.0","id":"a"}]"#)),
            (
                .eventStreams,
                SampleRequest(
                    json: #"{"specversion":"1.0","id":"a"}"#,
                    contentType: "application/cloudevents+json")
            ),
            (.other, SampleRequest(json: #"[{"specversion":"1.0","id":"a"},{"id":"b"}]"#)),
            (.other, SampleRequest(json: #"{"id":"a"}"#)),
            (.other, SampleRequest([:])),
        ]
        for (kind, request) in cases {
            #expect(try request.read().kind == kind, "\(request.body)\(request.target)")
        }
    }

    /// Each list holds requests that are one; those of different lists are not.
    private static let events: [(WebhookKind, [SampleRequest])] = [
        (
            .message,
            [
                SampleRequest(inbound), SampleRequest(inbound, target: "/webhook/sms?fallback"),
                changed(inbound, [("ErrorCode", "11200"), ("ErrorUrl", "https://h/x")]),
                SampleRequest(inbound).with("I-Twilio-Idempotency-Token", "another"),
            ]
        ),
        (.message, [changed(inbound, [("MessageSid", "SM2"), ("SmsMessageSid", "SM2")])]),
        // Steps of a flow that post the parameters of the message which began it.
        (
            .message,
            [
                changed(inbound, [("FlowSid", "FW1"), ("Answer", "1")]),
                changed(
                    inbound,
                    [
                        ("FlowSid", "FW1"), ("Answer", "1"), ("ErrorCode", "11200"),
                        ("ErrorUrl", "https://h/x"),
                    ]),
            ]
        ),
        (.message, [changed(inbound, [("FlowSid", "FW1"), ("Answer", "2")])]),
        (.statusCallback, [SampleRequest(status), changed(status, [("SmsStatus", nil)])]),
        (.statusCallback, [changed(status, [("MessageStatus", "delivered")])]),
        (.statusCallback, [changed(status, [("MessageStatus", "failed")])]),
        (
            .statusCallback,
            [changed(status, [("MessageStatus", "failed"), ("ErrorCode", "30003")])]
        ),
        (
            .statusCallback,
            [changed(status, [("MessageStatus", nil), ("SmsStatus", "undelivered")])]
        ),
        (
            .conversations,
            [
                SampleRequest(conversation), changed(conversation, [("RetryCount", "3")]),
                changed(conversation, [("RetryCount", nil)]),
                SampleRequest(conversation.reversed()),
            ]
        ),
        (.conversations, [changed(conversation, [("EventType", "onMessageRemoved")])]),
        (.conversations, [changed(conversation, [("EventType", "onMessageUpdated")])]),
        (.conversations, [changed(conversation, [("Body", "hi (edited)")])]),
        (.conversations, [SampleRequest(conversation, target: "/webhook/other")]),
        (
            .conversations,
            [SampleRequest(conversation).with("I-Twilio-Idempotency-Token", "another")]
        ),
        (.taskRouter, [SampleRequest(task), SampleRequest(task, target: "/x")]),
        (.taskRouter, [changed(task, [("Sid", "EV2")])]),
        (.voiceStatus, [SampleRequest(call), changed(call, [("Timestamp", "later")])]),
        (.voiceStatus, [changed(call, [("SequenceNumber", "2")])]),
        (.voiceStatus, [changed(call, [("CallStatus", "in-progress")])]),
        (.voiceStatus, [changed(call, [("CallSid", "CA2")])]),
        (.voice, [changed(call, [("SequenceNumber", nil), ("Digits", "1")])]),
        (.voice, [changed(call, [("SequenceNumber", nil), ("Digits", "2")])]),
        (.voice, [changed(call, [("SequenceNumber", nil), ("RecordingSid", "RE1")])]),
        (
            .eventStreams,
            [
                SampleRequest(json: #"[{"specversion":"1.0","id":"a"}]"#),
                SampleRequest(json: #"[ {"id":"a", "specversion":"1.0", "time":"now"} ]"#),
                SampleRequest(json: #"{"specversion":"1.0","id":"a"}"#),
            ]
        ),
        (
            .eventStreams,
            [
                SampleRequest(
                    json: #"[{"specversion":"1.0","id":"a"},{"specversion":"1.0","id":"b"}]"#),
                SampleRequest(
                    json: #"[{"specversion":"1.0","id":"b"},{"specversion":"1.0","id":"a"}]"#),
            ]
        ),
        (.other, [SampleRequest(json: #"{"step":1}"#)]),
        (.other, [SampleRequest(json: #"{"step": 1}"#)]),
        (.other, [SampleRequest(json: #"{"step":1}"#).with("I-Twilio-Idempotency-Token", "b")]),
        (.other, [SampleRequest(["event_type": "click", "link": "a"])]),
        (.other, [SampleRequest(["event_type": "click", "link": "b"])]),
        (.other, [SampleRequest(["event_type": "click", "lin": "kb"])]),
        (.other, [SampleRequest(["event_type": "click", "link": "a", "ErrorCode": "1"])]),
        (
            .other,
            [
                SampleRequest(["Sid": "1", "ErrorCode": "1", "ErrorUrl": "x"]),
                SampleRequest(["Sid": "1"]),
            ]
        ),
    ]

    @Test func `requests are one only when the second is a retry of the first`() throws {
        var seen: [Identity: Int] = [:]
        for (index, (kind, requests)) in Self.events.enumerated() {
            for request in requests {
                let webhook = try request.webhook()
                #expect(webhook.kind == kind, "\(request.body)")
                let before = seen.updateValue(index, forKey: webhook.identity)
                #expect(before == nil || before == index, "\(request.body) is another's")
            }
            let identities = try Set(requests.map { try $0.identity() })
            #expect(identities.count == 1, "\(requests.map(\.body))")
        }
    }

    @Test func `a key of the application tells one event that came again from the one before`()
        throws
    {
        let unnamed = SampleRequest(["event_type": "click"])
        let first = try unnamed.webhook(receivedMilliseconds: 1000)
        let second = try unnamed.webhook(receivedMilliseconds: 400_000)
        #expect(first.identity == second.identity)
        #expect(first.idempotencyKey != second.idempotencyKey)
        #expect(
            try first.idempotencyKey == unnamed.webhook(receivedMilliseconds: 1000).idempotencyKey)
        let named = SampleRequest(Self.inbound)
        let keys = try [1000, 400_000].map {
            try named.webhook(receivedMilliseconds: $0).idempotencyKey
        }
        #expect(keys[0] == keys[1] && keys[0].count == 32)
    }

    @Test func `only a live call that nobody told about waits for TwiML`() throws {
        let live: [(String, String)] = [
            ("CallSid", "CA1"), ("CallStatus", "ringing"), ("AccountSid", Self.account),
        ]
        let waits: [(Bool, SampleRequest)] = [
            (true, SampleRequest(live)),
            (true, Self.changed(live, [("CallStatus", "in-progress"), ("Digits", "1")])),
            (false, Self.changed(live, [("CallStatus", "completed")])),
            (false, Self.changed(live, [("CallStatus", nil), ("RecordingStatus", "completed")])),
            (false, Self.changed(live, [("CallbackSource", "call-progress-events")])),
            (false, Self.changed(live, [("StatusCallbackEvent", "participant-join")])),
            (false, SampleRequest(Self.inbound)),
        ]
        for (waits, request) in waits {
            #expect(
                WebhookReader.wantsTwiML(try request.read().content) == waits, "\(request.body)")
        }
    }
}
