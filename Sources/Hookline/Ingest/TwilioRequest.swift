import MicroHTTP
import POSIX

/// A request that claims to be Twilio's: everything that verification needs, and nothing of the
/// connection that it came by. It can be stored and verified again later. A class, because it is
/// passed on many times and its parts need not be counted each time.
final class TwilioRequest: Sendable {
    /// What came with the body; account and SID are as claimed until the request is verified.
    let head: WebhookHead
    /// The body as received.
    let body: [UInt8]
    /// The body's parameters; nil when the body is not a form.
    let parameters: FormParameters?
    /// Which key it says it was signed with.
    let scheme: SigningScheme
    /// When its last byte was received: milliseconds since the epoch.
    let receivedMilliseconds: Int64

    /// Reads a request, as it arrived or as it was stored; one without a signature only if that
    /// is not needed.
    init(
        _ request: borrowing HTTPRequest, trace: TraceContext, origin: borrowing RequestOrigin,
        parametersMax: Int,
        receivedMilliseconds: Int64 = WallClock.nowMilliseconds(), needsSignature: Bool = true
    ) throws(Rejection) {
        let signature = request.fields.first("x-twilio-signature") ?? []
        let isSigned =
            request.fields.count(of: "x-twilio-signature") == 1 && !signature.isEmpty
        guard isSigned || !needsSignature else { throw .missingSignature }
        let contentType = request.fields.first("content-type") ?? []
        let parameters = try Self.parameters(request.body, contentType, parametersMax)
        self.parameters = parameters
        let origin = try origin.origin(of: request)
        let traceParent = trace.field
        let account = parameters?[.accountSID] ?? []
        let messageSID = parameters?[.messageSID] ?? []
        let traceState = Self.traceState(of: request.fields)
        head = WebhookHead(
            origin: origin.span, target: request.target.span, contentType: contentType.span,
            signature: signature.span, traceParent: traceParent.span, account: account.span,
            messageSID: messageSID.span, traceState: traceState.span)
        body = request.body
        scheme = SigningScheme(request.fields)
        self.receivedMilliseconds = receivedMilliseconds
    }

    /// The account that it claims to come from, empty when it names none.
    var account: ArraySlice<UInt8> { head[.account] }

    /// The webhook that it is, once it is verified.
    var webhook: Webhook {
        WebhookReader.webhook(
            head: head, body: body, parameters: parameters,
            receivedMilliseconds: receivedMilliseconds)
    }

    /// The webhook that it is when Twilio signed it with this origin.
    func webhook(origin: [UInt8]) -> Webhook {
        WebhookReader.webhook(
            head: head.replacing(origin: origin), body: body, parameters: parameters,
            receivedMilliseconds: receivedMilliseconds)
    }

    /// The webhook that it may be: it claims no message's identity, only its own fingerprint.
    var unverifiedWebhook: Webhook {
        let claimed = webhook
        return Webhook(
            kind: claimed.kind, priority: claimed.priority,
            identity: Identity(
                target: head[.target], body: body, signature: head[.signature]),
            receivedMilliseconds: receivedMilliseconds, head: head, body: body)
    }

    /// Passed on as it came; one that is longer than a caller may rely on is left out
    /// (https://www.w3.org/TR/trace-context/#tracestate-limits), and so are several lines.
    private static func traceState(of fields: HTTPFields) -> ArraySlice<UInt8> {
        guard fields.count(of: "tracestate") == 1, let state = fields.first("tracestate"),
            state.count <= 512
        else { return [] }
        return state
    }

    /// The form's parameters, nil for JSON. No content type counts as a form.
    private static func parameters(
        _ body: [UInt8], _ contentType: ArraySlice<UInt8>, _ parametersMax: Int
    ) throws(Rejection) -> FormParameters? {
        switch MediaType(contentType) {
        case .json: return nil
        case .other: throw .unsupportedMediaType
        case .form, .none:
            do {
                return try FormParameters(parsing: body, parametersMax: parametersMax)
            } catch {
                throw .malformedForm
            }
        }
    }
}
