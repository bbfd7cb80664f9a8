import OpenSSL
import POSIX
import TwilioSignature

/// One test webhook, before it is signed.
struct TestWebhook: Sendable {
    /// What is posted.
    enum Body: Sendable {
        /// Parameters, which the signature covers one by one.
        case form(FormParameters)
        /// Exact bytes, which the signature covers through `bodySHA256` in the URL.
        case json([UInt8])
    }

    /// What is posted.
    let body: Body
    /// The value of `I-Twilio-Idempotency-Token`.
    let idempotencyToken: String

    /// An inbound message or a status callback; its token is its SID.
    init(_ message: TestMessage) {
        body = .form(message.parameters)
        idempotencyToken = message.sid
    }

    /// A form with these parameters, in this order.
    init(form pairs: [(String, String)]) {
        var form = FormBuilder()
        for (name, value) in pairs { form.append(name: name.utf8, value: value.utf8) }
        self.init(.form(form.form), idempotencyToken: RandomID.uuid())
    }

    /// A JSON text.
    init(json: String) {
        self.init(.json(Array(json.utf8)), idempotencyToken: RandomID.uuid())
    }

    private init(_ body: Body, idempotencyToken: String) {
        self.body = body
        self.idempotencyToken = idempotencyToken
    }

    /// The same event sent again: as it was, but for `RetryCount`, which is one higher. That the
    /// token stays the same is not checked against Twilio.
    var again: TestWebhook {
        guard case .form(let parameters) = body else { return self }
        var form = FormBuilder()
        for (name, value) in parameters.decoded {
            let count = Int(String(decoding: value, as: UTF8.self))
            if name.elementsEqual("RetryCount".utf8), let count {
                form.append(name: name, value: String(count + 1).utf8)
            } else {
                form.append(name: name, value: value)
            }
        }
        return TestWebhook(.form(form.form), idempotencyToken: idempotencyToken)
    }
}

/// Identifiers that no event had before.
enum RandomID {
    /// A SID of this kind: two letters, then 32 hexadecimal digits.
    static func sid(_ kind: String) -> String { kind + Hexadecimal.text(RandomBytes.make(16)) }

    /// 32 random hexadecimal digits, grouped as a UUID is.
    static func uuid() -> String {
        let groups = [4, 2, 2, 2, 6].map { Hexadecimal.text(RandomBytes.make($0)) }
        return groups.joined(separator: "-")
    }
}
