import OpenSSL
import POSIX
import TwilioSignature

/// Tells what kind of event a request is, and what makes it this event and no other. The rules,
/// with their sources: docs/twilio-products.md.
enum WebhookReader {
    /// The kind of a request, whether it is genuine or not.
    static func kind(_ content: RequestContent) -> WebhookKind {
        guard let form = content.parameters else {
            return content.json?.eventIDs.isEmpty == false ? .eventStreams : .other
        }
        if form[.callSID] != nil { return voiceKind(form) }
        let sid = messageSID(form)
        let isMessage = sid.first == UInt8(ascii: "S") || sid.first == UInt8(ascii: "M")
        if isMessage, sid.dropFirst().first == UInt8(ascii: "M"), form[.accountSID] != nil {
            // WhatsApp's and RCS's status callbacks have an `EventType` too.
            if status(form) != nil { return .statusCallback }
            if form[.eventType] == nil, isReceived(form, sid) { return .message }
        }
        guard form[.eventType] != nil else { return .other }
        if form.first("Sid")?.starts(with: "EV".utf8) == true { return .taskRouter }
        let isChat = form.first("ConversationSid") != nil || form.first("ChannelSid") != nil
        return isChat ? .conversations : .other
    }

    /// The `MessageSid`, or what older libraries call it; empty without one.
    static func messageSID(_ form: FormParameters) -> ArraySlice<UInt8> {
        form[.messageSID] ?? form[.smsSID] ?? form[.smsMessageSID] ?? []
    }

    /// The identity of a request that was verified.
    static func identity(
        _ kind: WebhookKind, _ content: RequestContent, head: WebhookHead, body: [UInt8],
        suffix: [UInt8]? = nil
    ) -> Identity {
        let account = head[.account]
        let sid = head[.messageSID]
        if let form = content.parameters {
            switch kind {
            case .message:
                return Identity(
                    account: account, messageSID: sid, content: lasting(form, suffix))
            case .statusCallback:
                return Identity(
                    account: account, messageSID: sid, status: status(form) ?? [],
                    errorCode: form[.errorCode] ?? [])
            case .taskRouter:
                return Identity(
                    product: kind.rawValue, account: account, parts: [form.first("Sid") ?? []])
            case .voiceStatus:
                let parts = [
                    form[.callSID], form.first("CallStatus"), form.first("SequenceNumber"),
                ].map { $0 ?? [] }
                return Identity(product: kind.rawValue, account: account, parts: parts)
            case .conversations, .eventStreams, .voice, .other: break
            }
        } else if kind == .eventStreams, let json = content.json {
            return Identity(
                product: kind.rawValue, account: account, parts: json.eventIDs.map { $0[...] })
        }
        return contentIdentity(content, head, body)
    }

    /// What a message says, without what a retry changes. A flow of Studio may post all parameters
    /// of the message that began it, with some of its own: each such request is an event by itself.
    private static func lasting(_ form: FormParameters, _ suffix: [UInt8]?) -> [UInt8] {
        guard form.first("ErrorUrl") != nil else { return suffix ?? form.signedSuffix }
        return form.signedSuffix { !$0.equals("ErrorUrl") && !$0.equals("ErrorCode") }
    }

    /// The identity of an event that nothing names: where it was sent to and what it says, without
    /// what a retry changes. Twilio's idempotency token may tell apart what is the same otherwise;
    /// it is not signed, so it never makes one of two.
    private static func contentIdentity(
        _ content: RequestContent, _ head: WebhookHead, _ body: [UInt8]
    ) -> Identity {
        var parts = [head[.idempotencyToken]]
        if let form = content.parameters {
            // Of a GET the parameters are those of the query.
            parts.append(
                head.isGet ? head[.target].prefix { $0 != UInt8(ascii: "?") } : head[.target])
            for pair in lastingPairs(form) { parts += [pair.name, pair.value] }
        } else {
            parts += [head[.target], body[...]]
        }
        return Identity(product: "content", account: head[.account], parts: parts)
    }

    /// The pairs of a form in the order of their bytes, without those that a retry changes:
    /// Conversations counts in `RetryCount`, and a fallback URL gets why it is called in
    /// `ErrorCode` and `ErrorUrl`
    /// (https://www.twilio.com/docs/usage/security/availability-reliability).
    private static func lastingPairs(
        _ form: FormParameters
    ) -> [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        let isFallback = form.first("ErrorUrl") != nil
        return form.decoded.filter { name, _ in
            !name.equals("RetryCount")
                && !(isFallback && (name.equals("ErrorUrl") || name.equals("ErrorCode")))
        }.sorted { left, right in
            left.name.elementsEqual(right.name)
                ? left.value.lexicographicallyPrecedes(right.value)
                : left.name.lexicographicallyPrecedes(right.name)
        }
    }

    /// The status that a callback tells of; nil for what is no status callback. Older libraries and
    /// TwiML apps send it as `SmsStatus` alone.
    private static func status(_ form: FormParameters) -> ArraySlice<UInt8>? {
        if let status = form[.messageStatus] { return status }
        guard let status = form[.smsStatus] else { return nil }
        return isReceiving(status) ? nil : status
    }

    private static func isReceiving(_ status: ArraySlice<UInt8>) -> Bool {
        status.equals("received") || status.equals("receiving")
    }

    /// True for a message that came in, and not for what somebody made up of its parameters, as
    /// Studio's HTTP request does: `SmsStatus` is sent with every one, `SmsMessageSid` with no
    /// other.
    private static func isReceived(
        _ form: FormParameters, _ sid: ArraySlice<UInt8>
    ) -> Bool {
        if let status = form[.smsStatus] { return isReceiving(status) }
        return form[.smsMessageSID] == sid && form[.from] != nil && form[.to] != nil
    }

    /// `SequenceNumber` counts the events of a call from 0
    /// (https://www.twilio.com/docs/voice/api/call-resource#statuscallback).
    private static func voiceKind(_ form: FormParameters) -> WebhookKind {
        let number = form.first("SequenceNumber") ?? []
        let isNumber = !number.isEmpty && number.allSatisfy { (0x30...0x39).contains($0) }
        let isCallProgress =
            form.first("CallbackSource")?.equals("call-progress-events") == true
            && form.first("CallStatus") != nil && form[.accountSID] != nil
        // Conferences and recordings count events of their own.
        let isOther = form.first("ConferenceSid") != nil || form.first("RecordingSid") != nil
        return isNumber && isCallProgress && !isOther ? .voiceStatus : .voice
    }
}

extension WebhookReader {
    /// True for a request about a call that goes on and waits for TwiML; callbacks that tell of
    /// something wait for nothing.
    static func wantsTwiML(_ content: RequestContent) -> Bool {
        guard let form = content.parameters, let status = form.first("CallStatus") else {
            return false
        }
        let isLive = ["queued", "ringing", "in-progress"].contains { status.elementsEqual($0.utf8) }
        let isTold = [
            form.first("CallbackSource"), form.first("SequenceNumber"),
            form.first("StatusCallbackEvent"), form.first("RecordingStatus"),
            form.first("TranscriptionStatus"),
        ].contains { $0 != nil }
        return isLive && !isTold
    }

    /// Messages with media go first.
    static func priority(_ content: RequestContent) -> DeliveryPriority {
        guard let count = content.parameters?[.mediaCount] else { return .normal }
        let isAny = count.contains { $0 >= UInt8(ascii: "1") && $0 <= UInt8(ascii: "9") }
        return isAny ? .high : .normal
    }
}
