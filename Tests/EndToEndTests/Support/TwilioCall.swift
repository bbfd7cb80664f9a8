import Foundation
import OpenSSL
import TestSupport

/// A request of any of Twilio's products, signed by the description in Twilio's documentation,
/// with code of the tests' own.
struct TwilioCall {
    static let account = "AC" + String(repeating: "0", count: 32)

    var method = "POST"
    var target: String
    var contentType: String?
    var body = ""
    /// What of the body follows the URL in the signed text.
    private var suffix = ""
    /// Further header fields.
    var fields: [(name: String, value: String)] = []
    var token = Receiver.token
    /// What Twilio called; nil for what arrives.
    var signedTarget: String?

    /// A form to the route of status callbacks.
    init(_ form: KeyValuePairs<String, String>) { self.init("/webhook/status", form) }

    /// A form.
    init(_ target: String, _ form: KeyValuePairs<String, String>) {
        self.target = target
        let pairs = form.map { (name: $0.key, value: $0.value) }
        body = Self.encoded(pairs)
        suffix = pairs.sorted { Array($0.name.utf8).lexicographicallyPrecedes($1.name.utf8) }
            .map { $0.name + $0.value }.joined()
        contentType = "application/x-www-form-urlencoded; charset=UTF-8"
    }

    /// A body of any media type, which `bodySHA256` covers.
    init(
        _ target: String = "/webhook/status", body: String,
        contentType: String? = "application/json"
    ) {
        let digest = SHA256.digest(Array(body.utf8)).map { String(format: "%02x", $0) }.joined()
        self.target = target + "?bodySHA256=" + digest
        self.body = body
        self.contentType = contentType
    }

    /// A GET, whose parameters stand in the URL.
    init(get path: String, _ form: KeyValuePairs<String, String>) {
        method = "GET"
        target = path + "?" + Self.encoded(form.map { (name: $0.key, value: $0.value) })
    }

    /// The same call with another header field.
    func with(_ name: String, _ value: String) -> TwilioCall {
        var call = self
        call.fields.append((name, value))
        return call
    }

    /// The value of `X-Twilio-Signature` for what Twilio called.
    var signature: String { signature(origin: "http://127.0.0.1") }

    /// The signature for a URL of another origin.
    func signature(origin: String) -> String {
        let text = origin + (signedTarget ?? target) + suffix
        return String(
            decoding: Base64.encode(HMACKey(Array(token.utf8)).code(of: Array(text.utf8))),
            as: UTF8.self)
    }

    /// The whole request.
    var request: String {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1"]
        lines.append("X-Twilio-Signature: \(signature)")
        if let contentType { lines.append("Content-Type: \(contentType)") }
        lines += fields.map { "\($0.name): \($0.value)" }
        if method != "GET" || !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    /// Sends it; returns the status of the answer.
    func send(to receiver: Receiver) throws -> Int {
        let client = try RawClient(port: receiver.webhookPort)
        client.send(request)
        guard let response = client.response() else {
            throw ChildProcess.Failure("no answer to \(method) \(target)")
        }
        return response.status
    }

    private static func encoded(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { SignedWebhook.escaped($0.name) + "=" + SignedWebhook.escaped($0.value) }
            .joined(separator: "&")
    }
}
