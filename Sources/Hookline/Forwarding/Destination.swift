import Curl
import OpenSSL

/// Where webhooks are forwarded to, and how a request to it is made (X8).
struct Destination: Sendable {
    /// The configured URL, without a fragment.
    let url: String
    let tokens: Tokens
    let connectTimeoutMilliseconds: Int
    let timeoutMilliseconds: Int
    let parametersMax: Int

    /// The request of one attempt: the original body and content type, the original query
    /// appended, and a signature made for exactly this URL with the account's first token, so
    /// that an application built on Twilio's own library accepts it unchanged.
    func request(
        for webhook: Webhook, attempt: Int, timeoutMilliseconds limit: Int? = nil
    ) -> TransferRequest {
        let query = webhook[.target].drop { $0 != UInt8(ascii: "?") }.dropFirst()
        let target = appending(query)
        var headers = [
            "Content-Type: \(Self.text(webhook[.contentType]))",
            "User-Agent: Hookline/\(Version.current)",
            "Idempotency-Key: \(webhook.idempotencyKey)",
            "Hookline-Attempt: \(attempt)",
            "Hookline-Received-At: \(Timestamp.text(milliseconds: webhook.receivedMilliseconds))",
            "Hookline-Original-URL: \(Self.text(webhook[.origin] + webhook[.target]))",
            "Hookline-Original-Signature: \(Self.text(webhook[.signature]))",
        ]
        if let signature = signature(of: webhook, url: target) {
            headers.append("X-Twilio-Signature: \(signature)")
        }
        if !webhook[.traceParent].isEmpty {
            headers.append("traceparent: \(Self.text(webhook[.traceParent]))")
        }
        if !webhook[.traceState].isEmpty {
            headers.append("tracestate: \(Self.text(webhook[.traceState]))")
        }
        return TransferRequest(
            url: target, headers: headers, body: webhook.body,
            connectTimeoutMilliseconds: min(connectTimeoutMilliseconds, limit ?? .max),
            timeoutMilliseconds: min(timeoutMilliseconds, limit ?? .max))
    }

    private func appending(_ query: ArraySlice<UInt8>) -> String {
        guard !query.isEmpty else { return url }
        let joint = url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        return url + joint + Self.text(query)
    }

    /// Nil when the account has no token any more: the application then sees no signature.
    private func signature(of webhook: Webhook, url: String) -> String? {
        guard
            let key = tokens.signingKey(
                provedBy: webhook.head.keyID, account: webhook[.account])
        else { return nil }
        var parameters: FormParameters?
        if !webhook.head.isGet, MediaType(webhook[.contentType]).isForm {
            // It was parsed within the same limit when it was received.
            parameters = try? FormParameters(parsing: webhook.body, parametersMax: parametersMax)
        }
        let signature = TwilioSignature.sign(
            url: Array(url.utf8), parameters: parameters, key: key)
        return Self.text(signature)
    }

    /// Bytes that the framing guard let through: no control characters among them.
    private static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }
}
