import MicroHTTP
import OpenSSL
import TwilioSignature

@testable import Hookline

/// Does with any bytes what the receiver and its commands do with a request: nothing traps, and
/// what was read holds together.
public struct HostileInput: Sendable {
    private let tokens: Tokens
    private let explainer: MismatchExplainer
    private let origin: RequestOrigin

    /// Knows one Auth Token, one SharedKey and a public URL.
    public init() throws {
        let account = Array(("AC" + String(repeating: "0", count: 32)).utf8)
        var table = TokenTable()
        table.byAccount[account] = [HMACKey(Array("12345".utf8))]
        table.anyAccount = [HMACKey(Array("67890".utf8))]
        table.sharedKeys.byAccount[account] = [
            Array("key".utf8): SharedKey(secret: Secret([1]), algorithm: .sha256)
        ]
        tokens = Tokens(table)
        var configuration = Configuration()
        configuration.publicURL = "https://hooks.example.com/base"
        origin = RequestOrigin(configuration)
        var options = MismatchExplainer.Options(configuration)
        options.hmacsMax = 96
        options.hashedBytesMax = 1 << 18
        explainer = MismatchExplainer(options, origin)
    }

    /// Examines bytes in each way; returns what does not hold, nil when all does.
    public func examine(_ bytes: [UInt8]) -> String? {
        _ = WebhookHead(stored: bytes)
        _ = SigningScheme(settings: bytes[...])
        _ = SignedURL(bytes)
        if let json = JSONFacts(bytes), json.eventIDs.count > bytes.count {
            return "there are more events than bytes"
        }
        if let fault = form(bytes) { return fault }
        for end in ["", "\r\n\r\n"] {
            let head = "POST /webhook/whatsapp HTTP/1.1\r\nX-Twilio-Signature: a\r\n" + end
            // What is no request is told from one.
            guard let captured = try? CapturedRequest(raw: Array(head.utf8) + bytes) else {
                continue
            }
            if let fault = request(captured) { return fault }
        }
        return (try? CapturedRequest(raw: bytes)).flatMap(request)
    }

    private func form(_ bytes: [UInt8]) -> String? {
        // Too many parameters are a fault, not a trap.
        guard let form = try? FormParameters(parsing: bytes, parametersMax: 512) else { return nil }
        if form.count > 512 { return "there are more parameters than the limit" }
        guard let again = try? FormParameters(parsing: form.encoded, parametersMax: 512) else {
            return "what was encoded cannot be read"
        }
        return again.signedSuffix == form.signedSuffix ? nil : "encoding changed the parameters"
    }

    private func request(_ captured: CapturedRequest) -> String? {
        // A rejection is an answer.
        let read = try? TwilioRequest(
            captured.request, trace: TraceIDs().context(of: captured.request.fields),
            origin: origin, parametersMax: 512)
        if let read {
            let verifier = WebhookVerifier(tokens: tokens, parametersMax: 512)
            if case .genuine = verifier.verify(read) { return "a forged request is genuine" }
            guard WebhookHead(stored: read.head.bytes) == read.head else {
                return "a head is not read back as it was stored"
            }
        }
        let own = explainer.ownKeys(of: captured, in: tokens)
        let keys = KeyRing(tokens).candidates(
            own: own.lookup.keys, account: own.account,
            scheme: SigningScheme(captured.request.fields))
        let explanation = explainer.explain(captured, keys: keys)
        if explanation.proof != nil { return "a forged request is proven" }
        return explanation.hmacs <= 96 ? nil : "an explanation went over its bound"
    }
}
