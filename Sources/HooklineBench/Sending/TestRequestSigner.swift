import Curl
import Hookline
import OpenSSL
import TwilioSignature

/// Makes requests as Twilio would send them: body, signature, headers.
struct TestRequestSigner: Sendable {
    /// Where they go, as bytes.
    let url: [UInt8]
    /// The URL that is signed, as bytes.
    let signedURL: [UInt8]
    private let key: HMACKey
    private let agent: String
    private let timeoutMilliseconds: Int

    /// Signs `url` unless a proxy in between makes it `signedURL`; a fragment is neither sent nor
    /// signed.
    init(
        url: String, signedURL: String?, key: HMACKey, agent: String, timeoutMilliseconds: Int
    ) {
        self.url = Array(url.utf8)
        self.signedURL = Array((signedURL ?? url).utf8.prefix { $0 != UInt8(ascii: "#") })
        self.key = key
        self.agent = "User-Agent: TwilioProxy/1.1 (\(agent) \(Version.current))"
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// The signature of a message.
    func signature(of message: TestMessage) -> [UInt8] {
        WebhookSignature.sign(url: signedURL, parameters: message.parameters, key: key)
    }

    /// The signature of what a message's signature covers: URL, then sorted parameters.
    func signature(ofSigned bytes: [UInt8]) -> [UInt8] { Base64.encode(key.code(of: bytes)) }

    /// The signed request of a message.
    func request(for message: TestMessage) -> TransferRequest {
        request(
            sid: message.sid, body: message.parameters.encoded, signature: signature(of: message))
    }

    /// The signed request of any product's webhook. A form's parameters are signed after the URL;
    /// of JSON the URL alone is signed, with the body's digest in its query
    /// (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
    func request(for webhook: TestWebhook) -> TransferRequest {
        switch webhook.body {
        case .form(let parameters):
            return request(
                sid: webhook.idempotencyToken, body: parameters.encoded,
                signature: WebhookSignature.sign(
                    url: signedURL, parameters: parameters, key: key))
        case .json(let body):
            let query = Array("bodySHA256=".utf8) + WebhookSignature.bodyDigest(body)
            let signed = Self.adding(query, to: signedURL)
            return request(
                url: Self.adding(query, to: url),
                contentType: "application/json", token: webhook.idempotencyToken, body: body,
                signature: WebhookSignature.sign(url: signed, parameters: nil, key: key))
        }
    }

    /// A form's request from its parts; without a signature if `signature` is nil.
    func request(sid: String, body: [UInt8], signature: [UInt8]?) -> TransferRequest {
        request(
            url: url, contentType: "application/x-www-form-urlencoded; charset=UTF-8", token: sid,
            body: body, signature: signature)
    }

    private func request(
        url: [UInt8], contentType: String, token: String, body: [UInt8], signature: [UInt8]?
    ) -> TransferRequest {
        var headers = [
            "Content-Type: \(contentType)", agent, "Accept: */*",
            "I-Twilio-Idempotency-Token: \(token)",
        ].map { Array($0.utf8) }
        if let signature { headers.append("X-Twilio-Signature: ".utf8 + signature) }
        return TransferRequest(
            url: url, headers: headers, body: body, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// The URL without its fragment, with one more parameter at its end.
    private static func adding(_ parameter: [UInt8], to url: [UInt8]) -> [UInt8] {
        let url = url.prefix { $0 != UInt8(ascii: "#") }
        return url + [UInt8(ascii: url.contains(UInt8(ascii: "?")) ? "&" : "?")] + parameter
    }
}
