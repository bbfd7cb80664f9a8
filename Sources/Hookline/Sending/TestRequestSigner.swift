import Curl
import OpenSSL

/// Makes requests as Twilio would send them: form body, signature, header.
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
        TwilioSignature.sign(url: signedURL, parameters: message.parameters, key: key)
    }

    /// The signature of what a message's signature covers: URL, then sorted parameters.
    func signature(ofSigned bytes: [UInt8]) -> [UInt8] { Base64.encode(key.code(of: bytes)) }

    /// The signed request of a message.
    func request(for message: TestMessage) -> TransferRequest {
        request(
            sid: message.sid, body: message.parameters.encoded, signature: signature(of: message))
    }

    /// A request from its parts; without a signature if `signature` is nil.
    func request(sid: String, body: [UInt8], signature: [UInt8]?) -> TransferRequest {
        var headers = [
            "Content-Type: application/x-www-form-urlencoded; charset=UTF-8", agent, "Accept: */*",
            "I-Twilio-Idempotency-Token: \(sid)",
        ].map { Array($0.utf8) }
        if let signature { headers.append("X-Twilio-Signature: ".utf8 + signature) }
        return TransferRequest(
            url: url, headers: headers, body: body, timeoutMilliseconds: timeoutMilliseconds)
    }
}
