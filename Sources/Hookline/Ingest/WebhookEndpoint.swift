import MicroHTTP
import OpenSSL
import POSIX
import Synchronization

/// Receives webhooks: this is the table of contents of ingestion.
///
/// Framing was guarded by the engine. What follows is route, form, account's tokens, signature,
/// typed webhook, commit (of all that a turn of the loop received, at its end); the reply leaves
/// when the commit's receipt comes. Every branch is here
/// and every metric of the path is observed here or when the reply has left.
final class WebhookEndpoint: HTTPHandler {
    private let routes: RouteTable
    private let origin: RequestOrigin
    private let tokens: Tokens
    private let parametersMax: Int
    private let ladder: CommitLadder
    private let quarantine: Quarantine
    private let context: ReplyContext
    private let operations: OpsEndpoint
    private let servesOperations: Bool
    /// What each loop received in its present turn; they are committed together.
    private let received: [ReceivedWebhooks]

    init(
        configuration: Configuration, origin: RequestOrigin, tokens: Tokens,
        ladder: CommitLadder, quarantine: Quarantine, context: ReplyContext,
        operations: OpsEndpoint
    ) {
        routes = RouteTable(configuration.routes)
        self.origin = origin
        self.tokens = tokens
        parametersMax = configuration.parametersMax
        self.ladder = ladder
        self.quarantine = quarantine
        self.context = context
        self.operations = operations
        servesOperations = configuration.opsListen == nil
        received = (0..<configuration.threads).map { _ in ReceivedWebhooks() }
    }

    /// The path of one webhook, in order.
    func receive(_ exchange: HTTPExchange) {
        let request = exchange.request
        let loop = exchange.loop
        guard let route = routes.label(of: request.path) else {
            if operations.answers(request, all: servesOperations) {
                return operations.receive(exchange)
            }
            return refuse(exchange, .other, .notFound)
        }
        do throws(Rejection) {
            let verified = try verify(request)
            context.metrics.validations[.valid].add(shard: loop)
            context.metrics.tokenMatches[TokenPosition(index: verified.tokenPosition)].add(
                shard: loop)
            let reply = WebhookReply(
                exchange, context: context, route: route, webhook: verified.webhook)
            received[loop].add(
                PendingWebhook(
                    webhook: verified.webhook, receivedNanoseconds: request.completedNanoseconds,
                    receipt: reply))
        } catch {
            refuse(exchange, route, error)
        }
    }

    /// A verified webhook and which of its account's tokens matched.
    private struct Verified {
        var webhook: Webhook
        var tokenPosition: Int
    }

    /// Proves that a request is Twilio's, or says why not (R5).
    private func verify(_ request: HTTPRequest) throws(Rejection) -> Verified {
        guard request.method == .post else { throw .methodNotAllowed }
        guard request.fields.count(of: "x-twilio-signature") == 1,
            let signature = request.fields.first("x-twilio-signature"), !signature.isEmpty
        else { throw .missingSignature }
        let contentType = request.fields.first("content-type")
        let parameters = try parameters(of: request, contentType)
        let keys = tokens.current.keys(of: parameters?[.accountSID])
        guard !keys.isEmpty else { throw .unknownAccount }
        let origin = try origin.origin(of: request)
        let signed = SignedRequest(
            origin: origin, target: request.target, body: request.body, parameters: parameters,
            signature: signature)
        guard case .match(let match) = TwilioSignature.verify(signed, keys: keys) else {
            throw .invalidSignature
        }
        if parameters?.ambiguous != nil {
            throw .malformedForm
        }
        let webhook = WebhookReader.webhook(
            request, origin: origin, parameters: parameters, signature: signature)
        return Verified(webhook: webhook, tokenPosition: match.tokenPosition)
    }

    /// The form's parameters, nil for JSON. No content type counts as a form.
    private func parameters(
        of request: HTTPRequest, _ contentType: ArraySlice<UInt8>?
    ) throws(Rejection) -> FormParameters? {
        switch MediaType(contentType) {
        case .json: return nil
        case .other: throw .unsupportedMediaType
        case .form, .none:
            do {
                return try FormParameters(parsing: request.body, parametersMax: parametersMax)
            } catch {
                throw .malformedForm
            }
        }
    }

    private func refuse(_ exchange: HTTPExchange, _ route: RouteLabel, _ rejection: Rejection) {
        if let result = rejection.validation {
            context.metrics.validations[result].add(shard: exchange.loop)
        }
        if let error = rejection.error { context.metrics.errors[error].add(shard: exchange.loop) }
        WebhookReply(exchange, context: context, route: route).refuse(rejection)
        quarantine.offer(exchange.request, refused: rejection)
    }

    /// Verifies a request from quarantine as if it had just come. The control thread.
    func verifyAgain(_ refused: QuarantinedRequest) -> Result<Webhook, QuarantineReason> {
        do throws(Rejection) {
            return .success(try verify(refused.request).webhook)
        } catch {
            return .failure(QuarantineReason(error) ?? .malformed)
        }
    }

    /// The webhook of a request that an operator vouches for. The control thread.
    func trust(_ refused: QuarantinedRequest) -> Webhook? {
        UnverifiedWebhook.webhook(refused.request, origin: origin, parametersMax: parametersMax)
    }
}

/// What one loop received in its present turn.
private final class ReceivedWebhooks: Sendable {
    private let webhooks = Mutex<[PendingWebhook]>([])

    func add(_ webhook: PendingWebhook) { webhooks.withLock { $0.append(webhook) } }

    func take() -> [PendingWebhook] {
        webhooks.withLock { webhooks in
            defer { webhooks = [] }
            return webhooks
        }
    }
}

extension WebhookEndpoint {
    func turnEnded(loop: Int) {
        let batch = received[loop].take()
        if !batch.isEmpty { ladder.commit(batch) }
    }

    func refused(_ refusal: HTTPRefusal, _ completion: HTTPCompletion) {
        let outcome: WebhookOutcome = refusal == .overloaded ? .unavailable : .malformed
        let error: ErrorType =
            switch refusal {
            case .framing, .expectation: .framing
            case .bodyTooLarge: .bodyTooLarge
            case .overloaded: .internal
            }
        context.metrics.errors[error].add(shard: completion.loop)
        let timing = ReplyTiming(
            completion: completion, validatedNanoseconds: completion.completedNanoseconds,
            receiptNanoseconds: completion.completedNanoseconds)
        context.observe(timing, route: .other, outcome: outcome)
    }

    func dropped(loop: Int) {
        context.metrics.errors[.internal].add(shard: loop)
    }

    func turned(loop: Int, lagNanoseconds: UInt64) {
        context.metrics.eventLoopLag.observe(nanoseconds: lagNanoseconds, shard: loop)
    }

    func engineMessage(_ message: String) {
        context.log.write(LogLine(.debug, "libmicrohttpd").with("message", message))
    }
}
