import Curl
import OpenSSL
import POSIX
import TwilioSignature

/// An application: how a request to it is made. Requests go through libcurl.
struct HTTPDestination: Destination {
    /// The configured URL, without a fragment.
    let url: DestinationURL
    let tokens: Tokens
    let connectTimeoutMilliseconds: Int
    let timeoutMilliseconds: Int
    let parametersMax: Int
    /// By what a request that comes back is known.
    let marks: InstallationMarks
    /// Told of a webhook that is forwarded without a signature.
    let unsigned: Notice
    /// What each request gets beside Twilio's and Hookline's own fields.
    var headers: [DestinationHeader] = []
    var certificates = DestinationCertificates()
    /// Signs instead of the token that has proved the webhook.
    var signingKey: HMACKey?
    var allowsLinkLocal = false
    /// The body of a successful answer is kept for its TwiML.
    var keepsAnswers = false

    func open(attemptsMax: Int) throws(DestinationError) -> any OpenDestination {
        do throws(CurlError) {
            var options = TransferEngineOptions(connectionsMax: attemptsMax)
            options.certificateAuthorityFile = certificates.authority
            options.clientCertificateFile = certificates.client
            options.clientKeyFile = certificates.clientKey
            options.allowsLinkLocal = allowsLinkLocal
            return OpenHTTPDestination(self, engine: try TransferEngine(options))
        } catch {
            throw DestinationError(description: error.description)
        }
    }

    /// The request of one attempt: the original method, body and content type, the original query
    /// appended, what Twilio wrote into fields of its own, and a signature made for exactly this
    /// URL with the token that has proved the original one, so that an application built on
    /// Twilio's own library accepts it unchanged.
    func request(
        for webhook: Webhook, attempt: Int, timeoutMilliseconds limit: Int? = nil
    ) -> TransferRequest {
        let query = webhook[.target].drop { $0 != UInt8(ascii: "?") }.dropFirst()
        let target = url.appending(query)
        var headers = headers(of: webhook, attempt: attempt)
        if let signature = signature(of: webhook, url: target) {
            headers.append(Self.header("X-Twilio-Signature", signature))
        } else {
            unsigned.note { $0.with("account", bytes: webhook[.account]) }
        }
        return TransferRequest(
            url: target, method: webhook.head.isGet ? .get : .post, headers: headers,
            body: webhook.head.isGet ? [] : webhook.body,
            connectTimeoutMilliseconds: min(connectTimeoutMilliseconds, limit ?? .max),
            timeoutMilliseconds: min(timeoutMilliseconds, limit ?? .max))
    }

    /// The request for a document that an answer to a webhook goes on with: the same parameters, as
    /// Twilio sends them, signed for this URL.
    func request(for webhook: Webhook, at url: [UInt8], isGet: Bool) -> TransferRequest {
        let query = webhook[.target].drop { $0 != UInt8(ascii: "?") }.dropFirst()
        let form = webhook.head.isGet ? Array(query) : webhook.body
        var target = url
        if isGet {
            target.append(url.contains(UInt8(ascii: "?")) ? UInt8(ascii: "&") : UInt8(ascii: "?"))
            target += form
        }
        var headers = headers(of: webhook, attempt: 1)
        if webhook.head.isGet, !isGet {
            headers[0] = Self.header("Content-Type", "application/x-www-form-urlencoded".utf8)
        }
        let key =
            signingKey
            ?? tokens.signingKey(provedBy: webhook.head.keyID, account: webhook[.account])
        if let key {
            // It was parsed within the same limit when it was received.
            let parameters =
                isGet ? nil : try? FormParameters(parsing: form, parametersMax: parametersMax)
            let signature = WebhookSignature.sign(url: target, parameters: parameters, key: key)
            headers.append(Self.header("X-Twilio-Signature", signature))
        }
        return TransferRequest(
            url: target, method: isGet ? .get : .post, headers: headers, body: isGet ? [] : form,
            connectTimeoutMilliseconds: connectTimeoutMilliseconds,
            timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Everything but the signature.
    private func headers(of webhook: Webhook, attempt: Int) -> [[UInt8]] {
        let received = Timestamp.text(milliseconds: webhook.receivedMilliseconds)
        var headers = [
            Self.header("Content-Type", webhook[.contentType]),
            Self.header("Idempotency-Key", webhook.idempotencyKey.utf8),
            Self.header("Hookline-Attempt", "\(attempt)".utf8),
            Self.header("Hookline-Received-At", received.utf8),
            Self.header("Hookline-Original-URL", webhook[.origin] + webhook[.target]),
            Self.header("Hookline-Original-Signature", webhook[.signature]),
            Self.header("Hookline-Via", marks.value),
        ]
        let passed = PassedFields.split(webhook[.passedFields])
        headers += passed.map { Array($0) }
        if !passed.contains(where: PassedFields.isUserAgent) {
            headers.append(Self.header("User-Agent", "Hookline/\(Version.current)".utf8))
        }
        let others: [(name: String, part: WebhookHead.Part)] = [
            ("I-Twilio-Idempotency-Token", .idempotencyToken), ("traceparent", .traceParent),
            ("tracestate", .traceState),
        ]
        for (name, part) in others where !webhook[part].isEmpty {
            headers.append(Self.header(name, webhook[part]))
        }
        headers += self.headers.map { Self.header($0.name, $0.value.bytes) }
        return headers
    }

    /// Over the URL, and over the fields of a form: of a body of another kind the query has the
    /// `bodySHA256`. Nil when there is no token any more that could sign it: the application then
    /// sees no signature.
    private func signature(of webhook: Webhook, url: [UInt8]) -> [UInt8]? {
        guard
            let key = signingKey
                ?? tokens.signingKey(provedBy: webhook.head.keyID, account: webhook[.account])
        else { return nil }
        var parameters: FormParameters?
        if !webhook.head.isGet, MediaType(webhook[.contentType]).isForm {
            // It was parsed within the same limit when it was received.
            parameters = try? FormParameters(parsing: webhook.body, parametersMax: parametersMax)
        }
        return WebhookSignature.sign(url: url, parameters: parameters, key: key)
    }

    /// A header line of bytes that the framing guard let through: they hold no control characters.
    private static func header(_ name: String, _ value: some Sequence<UInt8>) -> [UInt8] {
        Array("\(name): ".utf8) + value
    }
}
