import MicroHTTP
import OpenSSL
import POSIX

/// Receives webhooks: this is the table of contents of ingestion.
///
/// Framing was guarded by the engine. What follows is route, form, validation cache, account's
/// tokens, signature, typed webhook, commit (of all that a turn of the loop received, at its
/// end); the reply leaves when the commit's receipt comes. Every branch is here and every metric
/// of the path is observed here or when the reply has left.
final class WebhookEndpoint: HTTPHandler {
    private let options: Options
    private let parts: Parts
    /// One for each loop, so that no two count references to one object.
    private let contexts: [ReplyContext]
    /// What each loop received in its present turn; they are committed together.
    private let received: [ReceivedWebhooks]

    /// What it takes from the configuration.
    struct Options: Sendable {
        var routes: RouteTable
        var origin: RequestOrigin
        /// How long a request waits for its account's token.
        var signatureNanoseconds: UInt64
        var signatureTimeoutPolicy: SignatureTimeoutPolicy
        /// Operations are served on the webhook listener too.
        var servesOperations: Bool
        /// A control of the tests of the validation budget; 0 in every release build.
        var validationDelayNanoseconds: UInt64
    }

    /// What it works with.
    struct Parts: Sendable {
        var verifier: WebhookVerifier
        var waits: TokenWait
        /// Nil when every token is configured.
        var fetcher: TokenFetcher?
        var fallback: CommitFallback
        /// The tier of the cache that machines share; nil without one.
        var shared: SharedValidationLookup?
        var refusals: RefusalHandler
        var clients: ClientAddress
        var known: KnownAccounts
        var voiceHangup: Notice
        var loops: LoopNotice
        var operations: OpsEndpoint
    }

    init(_ options: Options, _ parts: Parts, contexts: [ReplyContext]) {
        self.options = options
        self.parts = parts
        self.contexts = contexts
        received = contexts.map { _ in ReceivedWebhooks() }
    }

    /// The path of one webhook, in order.
    func receive(_ exchange: HTTPExchange) {
        let context = contexts[exchange.loop]
        let trace = context.traces.context(of: exchange.request.fields)
        let place = options.routes.place(of: exchange.request)
        if place.label == .other,
            parts.operations.answers(exchange.request, all: options.servesOperations)
        {
            return parts.operations.receive(exchange)
        }
        let route = place.label
        // Before anything takes it for a repetition of what is being forwarded.
        if parts.loops.leadsBack(exchange.request) { return refuse(exchange, route, trace, .loop) }
        if let rejection = place.rejection, !exchange.request.isSigned {
            return refuse(exchange, route, trace, rejection)
        }
        context.metrics.bodyBytes.observe(
            count: UInt64(exchange.request.body.count), shard: exchange.loop)
        let request: TwilioRequest
        do throws(Rejection) {
            request = try TwilioRequest(
                exchange.request, trace: trace, origin: options.origin,
                parametersMax: parts.verifier.parametersMax)
        } catch {
            return refuse(exchange, route, trace, place.rejection ?? error)
        }
        if let rejection = place.rejection {
            return refuse(exchange, route, trace, request, rejection)
        }
        // The epoch is read before the tokens are: what a removed token signed is not kept.
        let reply = WebhookReply(
            exchange, context: context, route: route, trace: trace, request: request,
            cacheEntry: context.cache.entry(of: request, epoch: parts.verifier.tokens.epoch))
        if isCached(reply) { return answerCached(reply) }
        delayForControl()
        switch verify(request, loop: exchange.loop) {
        case .genuine(let webhook, let token): accept(reply, request, webhook, token)
        case .refused(let rejection): refuse(reply, rejection)
        case .toFetch: wait(reply, request)
        case .sourceFailing: validationIsLate(reply, request)
        }
    }

    /// What was validated and stored in the last minutes needs neither HMAC nor store.
    private func isCached(_ reply: WebhookReply) -> Bool {
        guard let entry = reply.cacheEntry else { return false }
        let loop = reply.exchange.loop
        let now = reply.exchange.request.completedNanoseconds
        let isHit = contexts[loop].cache.contains(entry, at: now)
        let result: CacheResult = isHit ? .hit : .miss
        contexts[loop].metrics.cacheRequests[.memory, result].add(shard: loop)
        return isHit
    }

    private func answerCached(_ reply: WebhookReply) {
        let loop = reply.exchange.loop
        contexts[loop].metrics.validations[.valid].add(shard: loop)
        reply.validated()
        reply.cached()
    }

    /// Constant work for every token that is known; a token in memory is never late.
    private func verify(_ request: TwilioRequest, loop: Int) -> WebhookVerifier.Verdict {
        let started = MonotonicClock.now()
        let verdict = parts.verifier.verify(request, keepsKey: parts.shared != nil)
        if MonotonicClock.now() - started > options.signatureNanoseconds {
            contexts[loop].metrics.budgetExceeded[.signature].add(shard: loop)
        }
        return verdict
    }

    /// Genuine: it is committed with what else this turn received.
    private func accept(
        _ reply: WebhookReply, _ request: TwilioRequest, _ webhook: Webhook,
        _ token: WebhookVerifier.MatchedToken
    ) {
        let loop = reply.exchange.loop
        let metrics = contexts[loop].metrics
        metrics.validations[.valid].add(shard: loop)
        metrics.tokenMatches[TokenPosition(index: token.position)].add(shard: loop)
        if request.kind == .voice, WebhookReader.wantsTwiML(request.content) {
            parts.voiceHangup.note(shard: loop)
        }
        // Where machines share validations, its key follows from the token that has proved it.
        if let shared = parts.shared, let key = token.key, request.kind.isNamed {
            reply.sharedCacheKey = shared.key(of: request, provedBy: key)
        }
        received[loop].add(pending(reply, webhook))
        refetchIfStale(request.account)
    }

    /// The account's token has to be fetched; what follows is `tokenWaitEnded`.
    private func wait(_ reply: WebhookReply, _ request: TwilioRequest) {
        let account = Array(request.account)
        let deadline =
            reply.exchange.request.completedNanoseconds + options.signatureNanoseconds
        // Waits before it asks, so that no answer can come in between and be missed.
        parts.waits.add(
            TokenWait.Waiting(account: account, deadlineNanoseconds: deadline) { answered in
                self.tokenWaitEnded(reply, request, answered: answered)
            })
        parts.fetcher?.fetch(account, from: network(of: reply))
    }

    private func network(of reply: WebhookReply) -> [UInt8] {
        ClientAddress.network(of: parts.clients.bytes(of: reply.exchange.request))
    }

    /// The token came, or its deadline did. A fetching thread, or the timer thread.
    private func tokenWaitEnded(
        _ reply: WebhookReply, _ request: TwilioRequest, answered: Bool
    ) {
        guard answered else { return validationIsLate(reply, request) }
        switch parts.verifier.verify(request, keepsKey: parts.shared != nil) {
        case .genuine(let webhook, let token):
            accept(reply, request, webhook, token)
            turnEnded(loop: reply.exchange.loop)
        case .refused(let rejection): refuse(reply, rejection)
        case .toFetch, .sourceFailing: validationIsLate(reply, request)
        }
    }

    /// Answered in time all the same, by the policy.
    private func validationIsLate(_ reply: WebhookReply, _ request: TwilioRequest) {
        let loop = reply.exchange.loop
        let metrics = contexts[loop].metrics
        let policy = options.signatureTimeoutPolicy
        metrics.signatureTimeouts[policy].add(shard: loop)
        metrics.budgetExceeded[.signature].add(shard: loop)
        metrics.errors[.tokenSource].add(shard: loop)
        contexts[loop].log.writeSampled(.warning) {
            LogLine(.warning, "an account's token is late").with("policy", policy.rawValue)
                .with("account", bytes: request.account)
                .with("message_sid", bytes: request.head[.messageSID])
        }
        if policy != .reject { metrics.validations[.deferred].add(shard: loop) }
        switch policy {
        case .reject:
            reply.validated()
            reply.unavailable(.tokenSource)
            parts.refusals.late(reply.exchange.request)
        case .defer:
            parts.fallback.commit([pending(reply, request.unverifiedWebhook(), isVerified: false)])
        case .allow:
            let webhook = request.unverifiedWebhook(rules: parts.verifier.rules)
            parts.fallback.commit([pending(reply, webhook)])
        }
    }

    private func pending(
        _ reply: WebhookReply, _ webhook: Webhook, isVerified: Bool = true
    ) -> PendingWebhook {
        reply.validated()
        return PendingWebhook(
            webhook: webhook,
            unverified: isVerified ? nil : unproven(reply, account: webhook[.account]),
            validationKey: parts.shared == nil ? nil : reply.sharedCacheKey,
            receivedNanoseconds: reply.exchange.request.completedNanoseconds, receipt: reply)
    }

    private func unproven(_ reply: WebhookReply, account: ArraySlice<UInt8>) -> UnverifiedRequest {
        UnverifiedRequest(
            request: reply.exchange.request.keeping(reply.trace), network: network(of: reply),
            isKnownAccount: parts.known.contains(Array(account)))
    }

    private func refuse(
        _ exchange: HTTPExchange, _ route: RouteLabel, _ trace: TraceContext,
        _ rejection: Rejection
    ) {
        let context = contexts[exchange.loop]
        refuse(WebhookReply(exchange, context: context, route: route, trace: trace), rejection)
    }

    /// A signed request that is for no route, or came with another method: refused, and kept. If
    /// it is genuine the log says what to do.
    private func refuse(
        _ exchange: HTTPExchange, _ route: RouteLabel, _ trace: TraceContext,
        _ request: TwilioRequest, _ rejection: Rejection
    ) {
        let context = contexts[exchange.loop]
        let reply = WebhookReply(exchange, context: context, route: route, trace: trace)
        guard case .genuine = verify(request, loop: exchange.loop) else {
            return refuse(reply, rejection)
        }
        refuse(reply, rejection, isGenuine: true)
    }

    private func refuse(
        _ reply: WebhookReply, _ rejection: Rejection, isGenuine: Bool = false
    ) {
        let loop = reply.exchange.loop
        let metrics = contexts[loop].metrics
        if let result = rejection.validation { metrics.validations[result].add(shard: loop) }
        if let error = rejection.error { metrics.errors[error].add(shard: loop) }
        reply.validated()
        reply.refuse(rejection)
        // That a form is ambiguous is said of genuine requests only.
        if isGenuine || rejection == .ambiguousForm, let genuine = GenuineRejection(rejection) {
            parts.refusals.genuine(reply.exchange.request, genuine, loop: loop)
        } else if rejection != .loop {
            parts.refusals.refused(reply.exchange.request, rejection)
        }
    }

    private func refetchIfStale(_ account: ArraySlice<UInt8>) {
        guard let fetcher = parts.fetcher, parts.verifier.tokens.isStale(account) else { return }
        fetcher.fetch(Array(account))
    }

    private func delayForControl() {
        guard options.validationDelayNanoseconds > 0 else { return }
        WakeSignal().wait(
            untilNanoseconds: MonotonicClock.now() + options.validationDelayNanoseconds)
    }
}

extension WebhookEndpoint {
    func turnEnded(loop: Int) {
        let batch = received[loop].take()
        guard !batch.isEmpty else { return }
        if let shared = parts.shared { shared.pass(batch) } else { parts.fallback.commit(batch) }
    }

    func refused(_ request: HTTPRefusedRequest, _ completion: HTTPCompletion) {
        contexts[completion.loop].refused(request, completion)
        parts.refusals.refused(byEngine: request)
    }

    func dropped(loop: Int) {
        contexts[loop].metrics.errors[.internal].add(shard: loop)
    }

    func turned(loop: Int, lagNanoseconds: UInt64) {
        contexts[loop].metrics.eventLoopLag.observe(nanoseconds: lagNanoseconds, shard: loop)
    }

    func ended(_ end: HTTPConnectionEnd, peer: [UInt8], loop: Int) {
        contexts[loop].ended(end, peer: peer, loop: loop)
    }

    func engineMessage(_ message: String, loop: Int) {
        contexts[loop].engineMessage(message, loop: loop)
    }
}
