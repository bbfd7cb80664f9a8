import OpenSSL

@testable import Hookline

/// A request of a generated sequence, and which event it tells of.
struct SequencedRequest {
    var event: Int
    var request: SampleRequest
    var receivedMilliseconds: Int64
}

/// Generates what one of Twilio's products sends about one thing: several events, each with
/// retries, in any order within Twilio's patience; made from Twilio's documents, not from the rules
/// that are to tell them apart.
struct EventSequences {
    enum Product: CaseIterable {
        case message, statusCallback, oldStatusCallback, conversations, eventStreams, studio
        case voiceStatus, recording, verify, taskRouter, click
    }

    let product: Product
    private var random: SplitMix
    private var events = 0
    private var clock: Int64 = 1_764_000_000_000

    init(_ product: Product, seed: UInt64) {
        self.product = product
        random = SplitMix(state: seed)
    }

    /// The number of events so far.
    var eventCount: Int { events }

    /// The next sequence.
    mutating func next() -> [SequencedRequest] {
        clock += 200_000
        var requests: [SequencedRequest] = []
        let subject = hex()
        for (index, event) in pairs(about: subject).enumerated() {
            let number = events
            events += 1
            for retry in 0...random.below(4) {
                // All attempts of one event end within 15 s.
                let late = retry == 0 ? 0 : 1 + random.below(14_000)
                requests.append(
                    SequencedRequest(
                        event: number, request: request(event, retry),
                        receivedMilliseconds: clock + Int64(100 * index + late)))
            }
        }
        for index in requests.indices.reversed() where random.below(4) == 0 {
            requests.swapAt(index, random.below(requests.count))
        }
        return requests
    }

    private mutating func hex() -> String {
        var digits = ""
        for _ in 0..<4 { digits += String(UInt32(random.below(1 << 32)), radix: 16) }
        return String((digits + String(repeating: "0", count: 32)).prefix(32))
    }

    private typealias Pairs = [(String, String)]
    private static let account = ("AccountSid", SampleRequest.account)

    /// The parameters of each event, as JSON members or as a form.
    private mutating func pairs(about subject: String) -> [Pairs] {
        let account = Self.account
        let sid = "SM" + subject
        switch product {
        case .message:
            let message = [
                ("SmsMessageSid", sid), ("SmsSid", sid), ("SmsStatus", "received"),
                ("Body", "ok"), ("MessageSid", sid), account, ("From", "+15005550006"),
            ]
            // A flow may post the message's parameters again, with those of its step.
            let steps = (0..<random.below(3)).map { message + [("Step", "\($0)")] }
            return [message] + steps
        case .statusCallback:
            let ends = [
                [("MessageStatus", "delivered")], [("MessageStatus", "read")],
                [("MessageStatus", "failed"), ("ErrorCode", "30003")],
                [("MessageStatus", "failed"), ("ErrorCode", "30005")],
            ]
            return ([[("MessageStatus", "queued")], [("MessageStatus", "sent")]] + ends).map {
                [("SmsSid", sid), ("MessageSid", sid), account] + $0
                    + [("SmsStatus", $0[0].1)]
            }
        case .oldStatusCallback:
            return ["sending", "sent", "delivered"].map {
                [("SmsSid", sid), ("SmsStatus", $0), account, ("Body", "ok"), ("To", "+1500")]
            }
        case .conversations:
            let of = [("ConversationSid", "CH1"), ("MessageSid", "IM" + subject), account]
            var events: [Pairs] = [
                of + [("EventType", "onMessageAdded"), ("DateCreated", "\(clock)")],
                of + [("EventType", "onMessageRemoved"), ("DateRemoved", "\(clock)")],
            ]
            for edit in 0..<random.below(4) {
                events.append(
                    of + [("EventType", "onMessageUpdated"), ("DateUpdated", "\(clock)-\(edit)")])
            }
            for status in ["sent", "delivered", "read"].prefix(random.below(4)) {
                events.append(of + [("EventType", "onDeliveryUpdated"), ("Status", status)])
            }
            return events.map { $0 + [("RetryCount", "0")] }
        case .eventStreams:
            return (0...random.below(3)).map { number in
                [("id", "EZ\(number)" + subject), ("more", random.below(2) == 0 ? "" : hex())]
            }
        case .studio:
            return (0...random.below(3)).map {
                [("ExecutionSid", "FN" + subject), ("Step", "\($0)")]
            }
        case .voiceStatus:
            return ["initiated", "ringing", "in-progress", "completed"].enumerated().map {
                [
                    ("CallSid", "CA" + subject), ("CallStatus", $1), account,
                    ("SequenceNumber", "\($0)"), ("CallbackSource", "call-progress-events"),
                ]
            }
        case .recording:
            return ["in-progress", "completed"].map {
                [
                    ("CallSid", "CA1"), ("RecordingSid", "RE" + subject), account,
                    ("RecordingStatus", $0),
                ]
            }
        case .verify:
            return (0...random.below(2)).map {
                [
                    ("uuid", subject + "\($0)"), ("type", "factor.verified"),
                    ("account_sid", account.1),
                ]
            }
        case .taskRouter:
            return ["task.created", "reservation.created", "task.completed"].enumerated().map {
                [
                    ("Sid", "EV\($0)" + subject), ("EventType", $1), ("WorkspaceSid", "WS1"),
                    account, ("TaskSid", "WT" + subject),
                ]
            }
        case .click:
            // The same click again: only Twilio's token tells one from the other, or time does.
            let token = random.below(2) == 0
            return (0...random.below(3)).map { number in
                let click = [("event_type", "click"), ("link", "L"), ("account_sid", account.1)]
                return click + [
                    token ? ("token", subject + "\(number)") : ("click_time", "\(clock)-\(number)")
                ]
            }
        }
    }

    /// An attempt to send an event; `retry` 0 is the first.
    private mutating func request(_ event: Pairs, _ retry: Int) -> SampleRequest {
        switch product {
        case .message:
            let target = retry == 0 ? "/webhook/whatsapp" : "/webhook/sms"
            let fallback = [("ErrorCode", "11200"), ("ErrorUrl", "https://h/webhook/whatsapp")]
            return SampleRequest(event + (retry % 2 == 1 ? fallback : []), target: target)
        case .conversations:
            return SampleRequest(event.dropLast() + [("RetryCount", "\(retry)")])
        case .eventStreams:
            var ids = [event[0].1] + (event[1].1.isEmpty ? [] : [event[1].1])
            if retry % 2 == 1 { ids.reverse() }
            let events = ids.map { #"{"specversion":"1.0","id":"\#($0)"}"# }
            return SampleRequest(json: "[" + events.joined(separator: ",") + "]")
        case .studio:
            let members = event.map { "\"\($0)\":\"\($1)\"" }
            return SampleRequest(json: "{" + members.joined(separator: ",") + "}")
        case .click:
            guard let token = event.first(where: { $0.0 == "token" }) else {
                return SampleRequest(event)
            }
            return SampleRequest(event.filter { $0.0 != "token" })
                .with("I-Twilio-Idempotency-Token", token.1)
        case .statusCallback, .oldStatusCallback, .voiceStatus, .recording, .verify, .taskRouter:
            return SampleRequest(event)
        }
    }
}
