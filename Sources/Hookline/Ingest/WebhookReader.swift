import MicroHTTP
import POSIX

/// Turns verified parameters into a typed `Webhook`.
struct WebhookReader: Sendable {
    /// The webhook of a request that was verified as `account`'s.
    static func webhook(
        _ request: HTTPRequest, origin: [UInt8], parameters: FormParameters?,
        signature: ArraySlice<UInt8>
    ) -> Webhook {
        let account = parameters?[.accountSID] ?? []
        let sid = parameters?[.messageSID] ?? []
        let status = parameters?[.messageStatus]
        let kind: WebhookKind = status != nil ? .statusCallback : sid.isEmpty ? .other : .message
        let identity =
            switch kind {
            case .message:
                Identity(account: account, messageSID: sid)
            case .statusCallback where !sid.isEmpty:
                Identity(
                    account: account, messageSID: sid, status: status ?? [],
                    errorCode: parameters?[.errorCode] ?? [])
            case .statusCallback, .other:
                Identity(target: request.target, body: request.body, signature: signature)
            }
        return Webhook(
            kind: kind, priority: hasMedia(parameters) ? .high : .normal, identity: identity,
            receivedMilliseconds: WallClock.nowMilliseconds(),
            head: WebhookHead([
                origin[...], request.target[...], request.fields.first("content-type") ?? [],
                signature, request.fields.first("traceparent") ?? [], account, sid,
            ]), body: request.body)
    }

    private static func hasMedia(_ parameters: FormParameters?) -> Bool {
        guard let count = parameters?[.mediaCount] else { return false }
        return count.contains { $0 >= UInt8(ascii: "1") && $0 <= UInt8(ascii: "9") }
    }
}
