@testable import Hookline

/// One event of Twilio's, made from its number alone, so that what arrives can be compared with
/// what was sent.
struct Message {
    let number: Int
    /// False for an event without a name: the same content again is another event when it comes
    /// later than `repeatMilliseconds`.
    let isNamed: Bool
    /// What makes it one; that of another one for the same content.
    let identity: Identity
    let body: [UInt8]

    /// Message `number` of a simulation; with `repeating` it has that one's content.
    init(seed: UInt64, number: Int, isNamed: Bool = true, repeating other: Message? = nil) {
        self.number = number
        self.isNamed = isNamed
        guard let other else {
            var random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(number))
            identity = Identity(
                account: [0x41], messageSID: Array("SM\(seed)-\(number)".utf8)[...])
            let count = random.chance(0.1) ? random.pick(2000...9000) : random.pick(0...600)
            body = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            return
        }
        (identity, body) = (other.identity, other.body)
    }

    /// The request of Twilio that tells of it.
    func webhook(receivedMilliseconds: Int64) -> Webhook {
        let text = { (text: String) in Array(text.utf8) }
        let none: [UInt8] = []
        let (origin, target) = (text("https://h.example"), text("/webhook?n=\(number)"))
        let (type, signature, account) = (text("a/b"), text("s"), text("A"))
        return Webhook(
            kind: isNamed ? .message : .other, priority: number % 3 == 0 ? .high : .normal,
            identity: identity, receivedMilliseconds: receivedMilliseconds,
            head: WebhookHead(
                origin: origin.span, target: target.span, contentType: type.span,
                signature: signature.span, traceParent: none.span, account: account.span,
                messageSID: none.span, traceState: none.span, method: none.span,
                idempotencyToken: none.span, passedFields: none.span), body: body)
    }

    /// The number of the message that a webhook tells of, nil when it was altered.
    static func number(of webhook: Webhook) -> Int? {
        let target = String(decoding: webhook[.target], as: UTF8.self)
        return target.split(separator: "=").last.flatMap { Int($0) }
    }
}
