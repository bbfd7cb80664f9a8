import MicroHTTP
import POSIX
import TwilioSignature

/// A request that claims to be Twilio's: everything that verification needs, and nothing of the
/// connection that it came by. It can be stored and verified again later. A class, because it is
/// passed on many times and its parts need not be counted each time.
final class TwilioRequest: Sendable {
    /// What came with the body; account and SID are as claimed until the request is verified.
    let head: WebhookHead
    /// The body as received.
    let body: [UInt8]
    /// What it says.
    let content: RequestContent
    /// What kind of event it tells of, if it is genuine.
    let kind: WebhookKind
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
        do {
            content = try RequestContent(request, parametersMax: parametersMax)
        } catch {
            throw .malformedForm
        }
        kind = WebhookReader.kind(content)
        let origin = try origin.origin(of: request)
        let traceParent = trace.field
        let messageSID = content.parameters.map { WebhookReader.messageSID($0) } ?? []
        let traceState = Self.traceState(of: request.fields)
        let isGet = request.body.isEmpty && (request.method == .get || request.method == .head)
        let method = isGet ? Self.get : []
        let token = Self.idempotencyToken(of: request.fields)
        let account = content.account
        let passed = PassedFields.lines(of: request.fields)
        head = WebhookHead(
            origin: origin.span, target: request.target.span, contentType: contentType.span,
            signature: signature.span, traceParent: traceParent.span,
            account: account.span, messageSID: messageSID.span,
            traceState: traceState.span, method: method.span, idempotencyToken: token.span,
            passedFields: passed.span)
        body = request.body
        scheme = SigningScheme(request.fields)
        self.receivedMilliseconds = receivedMilliseconds
    }

    private static let get = Array("GET".utf8)

    /// The account that it claims to come from, empty when it names none.
    var account: ArraySlice<UInt8> { head[.account] }

    /// False for a body that Twilio is not known to send and that no `bodySHA256` claims to cover.
    var isReadable: Bool {
        content.signedParameters != nil || content.json != nil
            || MediaType(head[.contentType]) == .json
            || !SignedURL.queryValues(of: head[.target], named: "bodySHA256").isEmpty
    }

    /// The webhook that it is, verified by this key; nil for one that an operator vouches for. With
    /// `origin` Twilio signed it with that origin and not with the one that it was read with;
    /// `suffix` is the signed suffix of its parameters if it is known already. Without rules there
    /// is one destination.
    func webhook(
        provedBy keyID: UInt64?, origin: [UInt8]? = nil, suffix: [UInt8]? = nil,
        rules: DestinationRules? = nil
    ) -> Webhook {
        var head = origin.map { self.head.replacing(origin: $0) } ?? self.head
        if let keyID { head = head.proved(by: keyID) }
        return Webhook(
            kind: kind, priority: WebhookReader.priority(content),
            identity: WebhookReader.identity(
                kind, content, head: head, body: body, suffix: suffix),
            receivedMilliseconds: receivedMilliseconds, head: head, body: body,
            destinations: rules?.destinations(of: self) ?? .first)
    }

    /// The webhook that it may be: it claims no event's identity, only its own fingerprint.
    func unverifiedWebhook(rules: DestinationRules? = nil) -> Webhook {
        Webhook(
            kind: kind, priority: WebhookReader.priority(content),
            identity: Identity(
                target: head[.target], body: body, signature: head[.signature],
                idempotencyToken: head[.idempotencyToken]),
            receivedMilliseconds: receivedMilliseconds, head: head, body: body,
            destinations: rules?.destinations(of: self) ?? .first)
    }

    /// Several lines tell nothing.
    private static func idempotencyToken(of fields: HTTPFields) -> ArraySlice<UInt8> {
        guard fields.count(of: PassedFields.idempotencyToken) == 1 else { return [] }
        return fields.first(PassedFields.idempotencyToken) ?? []
    }

    /// Passed on as it came; one that is longer than a caller may rely on is left out
    /// (https://www.w3.org/TR/trace-context/#tracestate-limits), and so are several lines.
    private static func traceState(of fields: HTTPFields) -> ArraySlice<UInt8> {
        guard fields.count(of: "tracestate") == 1, let state = fields.first("tracestate"),
            state.count <= 512
        else { return [] }
        return state
    }
}
