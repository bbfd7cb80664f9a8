import Curl
import OpenSSL

/// Where webhooks are forwarded to, and how a request to it is made (X8).
struct Destination: Sendable {
    let url: DestinationURL
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
        let target = url.appending(query)
        let received = Timestamp.text(milliseconds: webhook.receivedMilliseconds)
        var headers = [
            Self.header("Content-Type", webhook[.contentType]),
            Self.header("User-Agent", "Hookline/\(Version.current)".utf8),
            Self.header("Idempotency-Key", webhook.identity.idempotencyKey.utf8),
            Self.header("Hookline-Attempt", "\(attempt)".utf8),
            Self.header("Hookline-Received-At", received.utf8),
            Self.header("Hookline-Original-URL", webhook[.origin] + webhook[.target]),
            Self.header("Hookline-Original-Signature", webhook[.signature]),
        ]
        if let signature = signature(of: webhook, url: target) {
            headers.append(Self.header("X-Twilio-Signature", signature))
        }
        if !webhook[.traceParent].isEmpty {
            headers.append(Self.header("traceparent", webhook[.traceParent]))
        }
        if !webhook[.traceState].isEmpty {
            headers.append(Self.header("tracestate", webhook[.traceState]))
        }
        return TransferRequest(
            url: target, headers: headers, body: webhook.body,
            connectTimeoutMilliseconds: min(connectTimeoutMilliseconds, limit ?? .max),
            timeoutMilliseconds: min(timeoutMilliseconds, limit ?? .max))
    }

    /// Over the URL, and over the fields of a form: of a body of another kind the query has the
    /// `bodySHA256`. Nil when the account has no token any more: the application then sees no
    /// signature.
    private func signature(of webhook: Webhook, url: [UInt8]) -> [UInt8]? {
        guard let key = tokens.signingKey(of: webhook[.account]) else { return nil }
        var parameters: FormParameters?
        switch MediaType(webhook[.contentType]) {
        case .form, .none:
            // It was parsed within the same limit when it was received.
            parameters = try? FormParameters(parsing: webhook.body, parametersMax: parametersMax)
        case .json, .other: break
        }
        return TwilioSignature.sign(url: url, parameters: parameters, key: key)
    }

    /// A header line of bytes that the framing guard let through: they hold no control characters.
    private static func header(_ name: String, _ value: some Sequence<UInt8>) -> [UInt8] {
        Array("\(name): ".utf8) + value
    }
}
