import MicroHTTP
import OpenSSL
import POSIX
import Synchronization

/// Receives webhooks: this is the table of contents of ingestion.
///
/// Framing was guarded by the engine. What follows is route, form, validation cache, account's
/// tokens, signature, typed webhook, commit (of all that a turn of the loop received, at its
/// end); the reply leaves when the commit's receipt comes. Every branch is here and every metric
/// of the path is observed here or when the reply has left.
final class WebhookEndpoint: HTTPHandler {
    private let options: Options
    private let parts: Parts
    private let context: ReplyContext
    /// What each loop received in its present turn; they are committed together.
    private let received: [ReceivedWebhooks]

    /// What it takes from the configuration.
    struct Options: Sendable {
        var routes: RouteTable
        var origin: RequestOrigin
        var eventLoops: Int
        /// R7: how long a request waits for its account's token.
        var signatureNanoseconds: UInt64
        var signatureTimeoutPolicy: SignatureTimeoutPolicy
        /// Operations are served on the webhook listener too.
        var servesOperations: Bool
        /// A control of the tests of R6; 0 in every release build.
        var validationDelayNanoseconds: UInt64
    }

    /// What it works with.
    struct Parts: Sendable {
        var verifier: WebhookVerifier
        var cache: ValidationCache
        var waits: TokenWait
        /// Nil when every token is configured.
        var fetcher: TokenFetcher?
        var ladder: CommitLadder
        /// The tier of the cache that machines share; nil without one.
        var shared: SharedValidations?
        var refusals: Refusals
        var operations: OpsEndpoint
    }

    /// One request on its way through validation.
    private struct Arrival: Sendable {
        let exchange: HTTPExchange
        let route: RouteLabel
        let trace: TraceContext
        let request: TwilioRequest
        var cacheEntry: CacheEntry
    }

    init(_ options: Options, _ parts: Parts, context: ReplyContext) {
        self.options = options
        self.parts = parts
        self.context = context
        received = (0..<options.eventLoops).map { _ in ReceivedWebhooks() }
    }

    /// The path of one webhook, in order.
    func receive(_ exchange: HTTPExchange) {
        let trace = context.traces.context(of: exchange.request.fields)
        guard let route = options.routes.label(of: exchange.request.path) else {
            if parts.operations.answers(exchange.request, all: options.servesOperations) {
                return parts.operations.receive(exchange)
            }
            return refuse(exchange, .other, trace, .notFound)
        }
        guard exchange.request.method == .post else {
            return refuse(exchange, route, trace, .methodNotAllowed)
        }
        context.metrics.bodyBytes.observe(
            count: UInt64(exchange.request.body.count), shard: exchange.loop)
        let request: TwilioRequest
        do throws(Rejection) {
            request = try TwilioRequest(
                exchange.request, trace: trace, origin: options.origin,
                parametersMax: parts.verifier.parametersMax)
        } catch {
            return refuse(exchange, route, trace, error)
        }
        // The epoch is read before the tokens are: what a removed token signed is not kept.
        let cacheEntry = CacheEntry(
            cache: parts.cache, request: request, epoch: parts.verifier.tokens.epoch)
        let arrival = Arrival(
            exchange: exchange, route: route, trace: trace, request: request,
            cacheEntry: cacheEntry)
        if isCached(arrival) { return answerCached(arrival) }
        delayForControl()
        switch verify(arrival) {
        case .genuine(let webhook, let token): accept(arrival, webhook, token)
        case .refused(let rejection): refuse(exchange, route, trace, rejection)
        case .toFetch: wait(arrival)
        case .sourceFailing: validationIsLate(arrival)
        }
    }

    /// R4: what was validated and stored in the last minutes needs neither HMAC nor store.
    private func isCached(_ arrival: Arrival) -> Bool {
        guard parts.cache.isOn else { return false }
        let isHit = arrival.cacheEntry.isThere
        let result: CacheResult = isHit ? .hit : .miss
        context.metrics.cacheRequests[.memory, result].add(shard: arrival.exchange.loop)
        return isHit
    }

    private func answerCached(_ arrival: Arrival) {
        context.metrics.validations[.valid].add(shard: arrival.exchange.loop)
        reply(arrival).cached()
    }

    /// R5: constant work for every token that is known; a token in memory is never late.
    private func verify(_ arrival: Arrival) -> WebhookVerifier.Verdict {
        let started = MonotonicClock.now()
        let verdict = parts.verifier.verify(arrival.request)
        if MonotonicClock.now() - started > options.signatureNanoseconds {
            context.metrics.budgetExceeded[.signature].add(shard: arrival.exchange.loop)
        }
        return verdict
    }

    /// Genuine: it is committed with what else this turn received.
    private func accept(
        _ arrival: Arrival, _ webhook: Webhook, _ token: WebhookVerifier.MatchedToken
    ) {
        let loop = arrival.exchange.loop
        context.metrics.validations[.valid].add(shard: loop)
        context.metrics.tokenMatches[TokenPosition(index: token.position)].add(shard: loop)
        received[loop].add(pending(sharing(arrival, token), webhook))
        refetchIfStale(arrival.request.account)
    }

    /// Where machines share validations, its key follows from the token that has proved it.
    private func sharing(
        _ arrival: Arrival, _ token: WebhookVerifier.MatchedToken
    ) -> Arrival {
        guard let shared = parts.shared else { return arrival }
        var arrival = arrival
        arrival.cacheEntry = arrival.cacheEntry.shared(
            in: shared, key: shared.key(of: arrival.request, provedBy: token.key))
        return arrival
    }

    /// R7: the account's token has to be fetched; what follows is `tokenWaitEnded`.
    private func wait(_ arrival: Arrival) {
        let account = Array(arrival.request.account)
        let deadline =
            arrival.exchange.request.completedNanoseconds + options.signatureNanoseconds
        // Waits before it asks, so that no answer can come in between and be missed.
        parts.waits.add(
            TokenWait.Waiting(account: account, deadlineNanoseconds: deadline) { answered in
                self.tokenWaitEnded(arrival, answered: answered)
            })
        parts.fetcher?.fetch(account)
    }

    /// The token came, or its deadline did. A fetching thread, or the timer thread.
    private func tokenWaitEnded(_ arrival: Arrival, answered: Bool) {
        guard answered else { return validationIsLate(arrival) }
        switch parts.verifier.verify(arrival.request) {
        case .genuine(let webhook, let token):
            accept(arrival, webhook, token)
            turnEnded(loop: arrival.exchange.loop)
        case .refused(let rejection):
            refuse(arrival.exchange, arrival.route, arrival.trace, rejection)
        case .toFetch, .sourceFailing: validationIsLate(arrival)
        }
    }

    /// R7: answered in time all the same, by the policy.
    private func validationIsLate(_ arrival: Arrival) {
        let metrics = context.metrics
        let loop = arrival.exchange.loop
        let policy = options.signatureTimeoutPolicy
        metrics.signatureTimeouts[policy].add(shard: loop)
        metrics.budgetExceeded[.signature].add(shard: loop)
        metrics.errors[.tokenSource].add(shard: loop)
        context.log.writeSampled(.warning) {
            LogLine(.warning, "an account's token is late").with("policy", policy.rawValue)
                .with("account", bytes: arrival.request.account)
                .with("message_sid", bytes: arrival.request.head[.messageSID])
        }
        switch policy {
        case .reject:
            reply(arrival).unavailable()
            parts.refusals.late(arrival.exchange.request)
        case .defer:
            metrics.validations[.deferred].add(shard: loop)
            let webhook = arrival.request.unverifiedWebhook
            parts.ladder.commit([pending(arrival, webhook, isVerified: false)])
        case .allow:
            metrics.validations[.deferred].add(shard: loop)
            parts.ladder.commit([pending(arrival, arrival.request.unverifiedWebhook)])
        }
    }

    private func pending(
        _ arrival: Arrival, _ webhook: Webhook, isVerified: Bool = true
    ) -> PendingWebhook {
        PendingWebhook(
            webhook: webhook,
            unverified: isVerified ? nil : arrival.exchange.request.keeping(arrival.trace),
            validationKey: arrival.cacheEntry.sharedKey,
            receivedNanoseconds: arrival.exchange.request.completedNanoseconds,
            receipt: reply(arrival))
    }

    private func reply(_ arrival: Arrival) -> WebhookReply {
        WebhookReply(
            arrival.exchange, context: context, route: arrival.route, trace: arrival.trace,
            request: arrival.request, cacheEntry: arrival.cacheEntry)
    }

    private func refuse(
        _ exchange: HTTPExchange, _ route: RouteLabel, _ trace: TraceContext,
        _ rejection: Rejection
    ) {
        if let result = rejection.validation {
            context.metrics.validations[result].add(shard: exchange.loop)
        }
        if let error = rejection.error { context.metrics.errors[error].add(shard: exchange.loop) }
        WebhookReply(exchange, context: context, route: route, trace: trace).refuse(rejection)
        parts.refusals.refused(exchange.request, rejection)
    }

    private func refetchIfStale(_ account: ArraySlice<UInt8>) {
        guard let fetcher = parts.fetcher, parts.verifier.tokens.isStale(account) else { return }
        fetcher.fetch(Array(account))
    }

    private func delayForControl() {
        guard options.validationDelayNanoseconds > 0 else { return }
        Bell().wait(untilNanoseconds: MonotonicClock.now() + options.validationDelayNanoseconds)
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
        guard !batch.isEmpty else { return }
        if let shared = parts.shared { shared.pass(batch) } else { parts.ladder.commit(batch) }
    }

    func refused(_ refusal: HTTPRefusal, _ completion: HTTPCompletion) {
        let isShed = refusal == .overloaded || refusal == .stopping
        let outcome: WebhookOutcome = isShed ? .unavailable : .malformed
        let error: ErrorType =
            switch refusal {
            case .framing, .expectation: .framing
            case .bodyTooLarge: .bodyTooLarge
            case .overloaded, .stopping: .internal
            }
        context.metrics.errors[error].add(shard: completion.loop)
        if isShed {
            let reason: ShedReason = refusal == .stopping ? .stopping : .connections
            context.metrics.requestsShed[reason].add(shard: completion.loop)
        }
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
