import OpenSSL

/// A webhook signed by the description in Twilio's documentation, with code of the tests' own.
struct SignedWebhook {
    var path: String
    var fields: [(name: String, value: String)]
    var scheme = "http"
    var host = "127.0.0.1"
    var token = Receiver.token

    /// An inbound message.
    init(
        sid: String, path: String = "/webhook/whatsapp", body: String = "hello", media: Int = 0,
        account: String = "AC" + String(repeating: "0", count: 32)
    ) {
        self.path = path
        fields = [
            ("AccountSid", account), ("Body", body),
            ("From", "whatsapp:+15005550006"), ("MessageSid", sid), ("NumMedia", "\(media)"),
            ("SmsStatus", "received"), ("To", "whatsapp:+15005550001"),
        ]
    }

    /// The form body.
    var form: String {
        fields.map { Self.escaped($0.name) + "=" + Self.escaped($0.value) }.joined(separator: "&")
    }

    /// The value of `X-Twilio-Signature`.
    func signature() throws -> String {
        let sorted = fields.sorted { Array($0.name.utf8).lexicographicallyPrecedes($1.name.utf8) }
        let text = "\(scheme)://\(host)\(path)" + sorted.map { $0.name + $0.value }.joined()
        return String(
            decoding: Base64.encode(HMACKey(Array(token.utf8)).code(of: Array(text.utf8))),
            as: UTF8.self)
    }

    /// The whole request; without a signature if `signature` is nil.
    func request(signature: String?) -> String {
        let line = signature.map { "X-Twilio-Signature: \($0)\r\n" } ?? ""
        return "POST \(path) HTTP/1.1\r\nHost: \(host)\r\n\(line)"
            + "Content-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: \(form.utf8.count)\r\n\r\n\(form)"
    }

    /// The whole request.
    func request() throws -> String { request(signature: try signature()) }

    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }.joined()
    }
}
