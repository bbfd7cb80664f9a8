/// Turns verified parameters into a typed `Webhook`.
enum WebhookReader {
    /// The webhook of a request that was verified.
    static func webhook(
        head: WebhookHead, body: [UInt8], parameters: FormParameters?,
        receivedMilliseconds: Int64
    ) -> Webhook {
        let sid = head[.messageSID]
        let status = parameters?[.messageStatus]
        let kind: WebhookKind = status != nil ? .statusCallback : sid.isEmpty ? .other : .message
        let identity =
            switch kind {
            case .message:
                Identity(account: head[.account], messageSID: sid)
            case .statusCallback where !sid.isEmpty:
                Identity(
                    account: head[.account], messageSID: sid, status: status ?? [],
                    errorCode: parameters?[.errorCode] ?? [])
            case .statusCallback, .other:
                Identity(
                    target: head[.target], body: body, signature: head[.signature])
            }
        return Webhook(
            kind: kind, priority: hasMedia(parameters) ? .high : .normal, identity: identity,
            receivedMilliseconds: receivedMilliseconds, head: head, body: body)
    }

    private static func hasMedia(_ parameters: FormParameters?) -> Bool {
        guard let count = parameters?[.mediaCount] else { return false }
        return count.contains { $0 >= UInt8(ascii: "1") && $0 <= UInt8(ascii: "9") }
    }
}
