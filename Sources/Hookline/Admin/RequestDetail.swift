import Foundation
import MicroHTTP
import TwilioSignature

/// Header and body of one request as commands show them: masked, unless asked to reveal.
///
/// Masked means: what is known to be neither personal nor secret is shown, of everything else
/// only how long it is.
public struct RequestDetail: Sendable, Codable, Equatable {
    /// A header field, or a parameter of the form.
    public struct Part: Sendable, Codable, Equatable {
        /// Its name.
        public var name: String
        /// Its value; nil when it is masked.
        public var value: String?
        /// Bytes of the value.
        public var bytes: Int
    }

    /// The idempotency key that the application sees; nil in quarantine, where nothing has one.
    public var idempotencyKey: String?
    /// The path, and the names of the query's parameters with masked values.
    public var target: String
    /// The header fields in the order received; of a delivery, those that were kept.
    public var headers: [Part]
    /// The form's parameters; nil when the body is no form.
    public var parameters: [Part]?
    /// The body as text; nil when it is masked or no UTF-8.
    public var body: String?
    /// The body as Base64; nil when it is masked or UTF-8.
    public var bodyBase64: String?
    /// Bytes of the body.
    public var bodyBytes: Int
    /// True when values are left out.
    public var masked: Bool

    enum CodingKeys: String, CodingKey {
        case target, headers, parameters, body, masked
        case idempotencyKey = "idempotency_key"
        case bodyBase64 = "body_base64"
        case bodyBytes = "body_bytes"
    }

    /// A quarantined request.
    init(_ request: HTTPRequest, reveal: Bool) {
        let mask = RequestMask(reveal: reveal)
        headers = (0..<request.fields.count).map {
            mask.header(request.fields.name(at: $0), request.fields.value(at: $0))
        }
        target = mask.target(request.target[...])
        bodyBytes = request.body.count
        masked = !reveal
        fill(request.body, MediaType(request.fields.first("content-type")), mask)
    }

    /// A delivery.
    init(_ webhook: Webhook, reveal: Bool) {
        let mask = RequestMask(reveal: reveal)
        let kept: [(String, WebhookHead.Part)] = [
            ("Content-Type", .contentType), ("X-Twilio-Signature", .signature),
            ("traceparent", .traceParent),
        ]
        headers = kept.filter { !webhook[$0.1].isEmpty }.map {
            mask.header(Array($0.0.utf8)[...], webhook[$0.1])
        }
        let token = webhook[.idempotencyToken]
        if !token.isEmpty {
            headers.append(mask.header(Array("I-Twilio-Idempotency-Token".utf8)[...], token))
        }
        for line in PassedFields.split(webhook[.passedFields]) {
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            headers.append(mask.header(name, line.dropFirst(name.count + 2)))
        }
        idempotencyKey = webhook.idempotencyKey
        target = RequestMask.text(webhook[.origin]) + mask.target(webhook[.target])
        bodyBytes = webhook.body.count
        masked = !reveal
        let type = webhook[.contentType]
        fill(webhook.body, MediaType(type.isEmpty ? nil : type), mask)
    }

    private mutating func fill(_ body: [UInt8], _ type: MediaType, _ mask: RequestMask) {
        if type.isForm { parameters = mask.parameters(of: body) }
        guard !masked else { return }
        if let text = String(validating: body, as: UTF8.self) {
            self.body = text
        } else {
            bodyBase64 = Data(body).base64EncodedString()
        }
    }
}

/// Decides what of a request is shown.
struct RequestMask: Sendable {
    /// Everything is shown.
    let reveal: Bool

    /// Fields whose values name nobody and open nothing, in lower case.
    private static let plainHeaders: Set<String> = [
        "accept", "accept-encoding", "connection", "content-length", "content-type", "host",
        "traceparent", "user-agent", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-proto",
    ]

    /// Twilio's parameters whose values name nobody, if they look as they should.
    private static let plainParameters: Set<String> = [
        "AccountSid", "ApiVersion", "ChannelStatus", "ErrorCode", "MessageSid", "MessageStatus",
        "MessageType", "MessagingServiceSid", "NumMedia", "NumSegments", "SmsMessageSid", "SmsSid",
        "SmsStatus",
    ]

    /// A form with more parameters is cut.
    private static let parametersMax = 10_000

    func header(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> RequestDetail.Part {
        let name = Self.text(name)
        let isShown = reveal || Self.plainHeaders.contains(name.lowercased())
        return RequestDetail.Part(
            name: name, value: isShown ? Self.text(value) : nil, bytes: value.count)
    }

    /// A target whose query values are masked.
    func target(_ target: ArraySlice<UInt8>) -> String {
        guard !reveal, let mark = target.firstIndex(of: UInt8(ascii: "?")) else {
            return Self.text(target)
        }
        let names = target[(mark + 1)...].split(separator: UInt8(ascii: "&")).map { pair in
            Self.text(pair.prefix { $0 != UInt8(ascii: "=") })
                + (pair.contains(UInt8(ascii: "=")) ? "=…" : "")
        }
        return Self.text(target[...mark]) + names.joined(separator: "&")
    }

    /// A form's parameters, nil when it has too many.
    func parameters(of body: [UInt8]) -> [RequestDetail.Part]? {
        guard
            // What cannot be read as a form is shown as a body.
            let form = try? FormParameters(parsing: body, parametersMax: Self.parametersMax)
        else { return nil }
        return (0..<form.count).map { index in
            let (name, value) = form[pair: index]
            let text = Self.text(name)
            let isShown = reveal || Self.plainParameters.contains(text) && Self.isPlain(value)
            return RequestDetail.Part(
                name: text, value: isShown ? Self.text(value) : nil, bytes: value.count)
        }
    }

    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// A SID, a word, a date or a number too short for a telephone's.
    private static func isPlain(_ value: ArraySlice<UInt8>) -> Bool {
        let isWord = value.allSatisfy { byte in
            (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (byte >= 0x30 && byte <= 0x39)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard isWord, value.count <= 64 else { return false }
        let letters = value.prefix(2).allSatisfy { $0 >= 0x41 && $0 <= 0x5a }
        return letters && value.count <= 34 || value.count(where: { $0 < 0x3a && $0 > 0x2f }) <= 5
    }
}
