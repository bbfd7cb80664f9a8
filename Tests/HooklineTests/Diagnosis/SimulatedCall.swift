import MicroHTTP
import OpenSSL
import TwilioSignature

@testable import Hookline

/// A request as Twilio would make and sign it.
struct SimulatedCall {
    var origin = "https://hooks.example.com"
    var target = "/webhook/whatsapp"
    var form: [(String, String)]? = SimulatedCall.message
    var json: String?
    var token = "12345"
    var algorithm = HashAlgorithm.sha1

    static let account = "AC" + String(repeating: "0", count: 31) + "1"
    static let message = [
        ("AccountSid", account), ("Body", "hello, & welcome"), ("From", "whatsapp:+15005550006"),
        ("MessageSid", "SM1"), ("NumMedia", "0"), ("To", "whatsapp:+15005550001"),
    ]

    /// The request as Twilio sends it, before any proxy.
    func signed() throws -> SimulatedRequest {
        var parameters: FormParameters?
        var target = target
        var body: [UInt8] = []
        if let json {
            body = Array(json.utf8)
            let digest = String(decoding: WebhookSignature.bodyDigest(body), as: UTF8.self)
            target += (target.contains("?") ? "&" : "?") + "bodySHA256=" + digest
        } else if let form {
            var all = FormBuilder()
            for (name, value) in form { all.append(name: name.utf8, value: value.utf8) }
            body = all.form.encoded
            parameters = all.form
        }
        let signature = WebhookSignature.sign(
            url: Array((origin + target).utf8), parameters: parameters,
            key: HMACKey(Array(token.utf8), algorithm: algorithm))
        return SimulatedRequest(
            target: target, body: body,
            contentType: json == nil ? "application/x-www-form-urlencoded" : "application/json",
            signature: String(decoding: signature, as: UTF8.self),
            fields: [("Host", String(origin.split(separator: "/")[1]))])
    }
}

/// A request as it arrives, after proxies.
struct SimulatedRequest {
    var target: String
    var body: [UInt8]
    var contentType: String?
    var signature: String
    /// Header fields besides content type and signature.
    var fields: [(String, String)]
    var peer: [UInt8] = [127, 0, 0, 1]

    /// The value of a field, which must be there.
    subscript(_ name: String) -> String? {
        get { fields.first { $0.0 == name }?.1 }
        set {
            fields.removeAll { $0.0 == name }
            if let newValue { fields.append((name, newValue)) }
        }
    }

    var http: HTTPRequest {
        var all = HTTPFields()
        for (name, value) in fields { all.append(name: name.utf8, value: value.utf8) }
        if let contentType { all.append(name: "Content-Type".utf8, value: contentType.utf8) }
        all.append(name: "X-Twilio-Signature".utf8, value: signature.utf8)
        return HTTPRequest(
            method: .post, target: Array(target.utf8), fields: all, body: body, peer: peer)
    }

    /// Checks it as `hookline verify` does.
    func report(
        _ configuration: Configuration = .serving, tokens: TokenTable
    ) throws -> SignatureReport {
        try SignatureCheck(configuration, Tokens(tokens)).examine(CapturedRequest(http))
    }

    /// The explanation, whether or not the signature matches.
    func explained(
        _ configuration: Configuration = .serving, token: String = "12345",
        hmacsMax: Int? = nil, hashedBytesMax: Int? = nil
    ) throws -> MismatchExplanation {
        var table = TokenTable()
        table.anyAccount = [HMACKey(Array(token.utf8))]
        return try explained(
            configuration, tokens: table, hmacsMax: hmacsMax, hashedBytesMax: hashedBytesMax)
    }

    /// The explanation with these tokens and bounds.
    func explained(
        _ configuration: Configuration = .serving, tokens table: TokenTable,
        hmacsMax: Int? = nil, hashedBytesMax: Int? = nil
    ) throws -> MismatchExplanation {
        let tokens = Tokens(table)
        var options = MismatchExplainer.Options(configuration)
        options.hmacsMax = hmacsMax ?? options.hmacsMax
        options.hashedBytesMax = hashedBytesMax ?? options.hashedBytesMax
        let explainer = MismatchExplainer(options, RequestOrigin(configuration))
        let captured = CapturedRequest(http)
        let own = explainer.ownKeys(of: captured, in: tokens)
        let keys = KeyRing(tokens).candidates(
            own: own.lookup.keys, account: own.account, scheme: SigningScheme(http.fields))
        return explainer.explain(captured, keys: keys)
    }
}

extension Configuration {
    /// With this public URL.
    static func serving(_ url: String) -> Configuration {
        var configuration = Configuration()
        let read = try? PublicURL(url)
        configuration.publicURL = read?.text ?? url
        configuration.publicURLAsWritten = read?.asWritten
        return configuration
    }

    /// With the public URL of `SimulatedCall`.
    static var serving: Configuration { serving("https://hooks.example.com") }

    /// With `--origin-from-host`.
    static var fromHost: Configuration {
        var configuration = Configuration()
        configuration.originFromHost = true
        return configuration
    }
}
