import MicroHTTP
import TwilioSignature

/// A request that is examined after the fact: one that was just refused, one from quarantine, one
/// that was captured elsewhere and given to `hookline verify`.
public struct CapturedRequest: Sendable {
    /// The request as it arrived, or as it was put together.
    let request: HTTPRequest
    /// The origin that somebody named for it; nil takes it as the configuration says.
    let namedOrigin: [UInt8]?

    /// A request as it arrived.
    init(_ request: HTTPRequest, namedOrigin: [UInt8]? = nil) {
        self.request = request
        self.namedOrigin = namedOrigin
    }

    /// Origin and base path for verification; a captured request counts as passed on by a trusted
    /// proxy when its peer is not known.
    func origin(_ origin: RequestOrigin) throws(Rejection) -> [UInt8] {
        if let namedOrigin { return namedOrigin }
        if case .forwarded(let proxies) = origin, request.peer.isEmpty {
            return try RequestOrigin.fromForwarded(request, by: proxies)
        }
        return try origin.origin(of: request)
    }
}

extension CapturedRequest {
    /// What is wrong with a description of a request; nothing of it is quoted.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        /// One sentence for people, without its full stop.
        public let description: String
    }

    /// A request from its parts, as `hookline verify` takes them.
    ///
    /// `url` is what Twilio called. Throws when it is no absolute http or https URL.
    public init(
        url: String, body: [UInt8], signature: String, contentType: String?,
        signatureSettings: String?
    ) throws(Fault) {
        var target: [UInt8] = []
        guard let origin = SignedOrigin(Array(url.utf8), rest: &target),
            url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { throw Fault(description: "--url is not an absolute http or https URL") }
        if let hash = target.firstIndex(of: UInt8(ascii: "#")) {
            // Twilio's connection overrides: neither sent nor signed.
            target.removeSubrange(hash...)
        }
        if target.first != UInt8(ascii: "/") { target.insert(UInt8(ascii: "/"), at: 0) }
        var fields = HTTPFields()
        let origins = origin.bytes
        fields.append(
            name: "Host".utf8, value: origin.host + (origin.port.map { [0x3a] + $0 } ?? []))
        fields.append(name: "X-Twilio-Signature".utf8, value: signature.utf8)
        if let contentType { fields.append(name: "Content-Type".utf8, value: contentType.utf8) }
        if let signatureSettings {
            fields.append(
                name: "X-Twilio-Webhooks-Signature-Settings".utf8, value: signatureSettings.utf8)
        }
        self.init(
            HTTPRequest(method: .post, target: target, fields: fields, body: body),
            namedOrigin: origins)
    }

    /// A form body of these parameters.
    public static func form(_ parameters: [(name: String, value: String)]) -> [UInt8] {
        var form = FormBuilder()
        for parameter in parameters {
            form.append(name: parameter.name.utf8, value: parameter.value.utf8)
        }
        return form.form.encoded
    }
}
