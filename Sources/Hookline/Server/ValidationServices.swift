import MicroHTTP
import POSIX
import Synchronization

/// Everything that validation needs besides the endpoint: tokens with their sources, the cache,
/// requests that wait for a token, and those that were stored unverified.
final class ValidationServices: Sendable {
    let verifier: WebhookVerifier
    let cache: ValidationCache
    let waits: TokenWait
    /// Nil when every token is configured.
    let fetcher: TokenFetcher?
    let known: KnownAccounts
    let clients: ClientAddress
    private let source: ConfiguredTokenSource
    private let reloader: TokenReloader
    private let origin: RequestOrigin
    private let mender: RequestRepair
    private let traces = TraceIDs()
    let refusals: RefusalHandler
    private let retentionMilliseconds: Int64
    private let metrics: ReceiverMetrics
    private let canVerify: @Sendable (_ account: [UInt8]) -> Void
    private let isStopping = Atomic<Bool>(false)

    /// `canVerify` hears of accounts whose unverified requests can be verified now.
    init(
        _ configuration: Configuration, _ paths: DataFolderPaths, _ loader: TokenLoader,
        _ tokens: Tokens, _ source: ConfiguredTokenSource, _ metrics: ReceiverMetrics, _ log: Log,
        _ quarantine: Quarantine, canVerify: @escaping @Sendable (_ account: [UInt8]) -> Void
    ) {
        verifier = WebhookVerifier(
            tokens: tokens, parametersMax: configuration.parametersMax,
            spellings: OriginSpellings(configuration),
            rules: DestinationRules(configuration, notice: .unmatched(metrics, log)))
        cache = ValidationCache(configuration)
        let waits = TokenWait(waitingMax: configuration.connectionsMax)
        self.waits = waits
        self.canVerify = canVerify
        origin = RequestOrigin(configuration)
        let mistakes = KnownMistakes()
        mender = RequestRepair(configuration, tokens, known: mistakes)
        let clients = ClientAddress(trustedProxies: configuration.trustedProxies)
        self.clients = clients
        refusals = RefusalHandler(
            quarantine,
            ExplanationWorker(
                ExplanationWorker.Options(configuration),
                ExplanationWorker.Parts(
                    explainer: MismatchExplainer(configuration, pace: RestingPace()),
                    tokens: tokens, metrics: metrics, log: log, known: mistakes)),
            clients,
            RefusalNotice(metrics: metrics, log: log), OriginNotice(configuration, log: log))
        retentionMilliseconds = configuration.unverifiedRetention.milliseconds
        self.metrics = metrics
        self.source = source
        let known = KnownAccounts(path: paths.knownAccounts, log: log)
        self.known = known
        if source.source != nil { tokens.await(known.all) }
        fetcher = source.source.map { source in
            TokenFetcher(
                source: source, options: TokenFetcher.Options(configuration), tokens: tokens,
                known: known, metrics: metrics, log: log,
                arrived: { account in
                    waits.arrived(account)
                    canVerify(account)
                })
        }
        reloader = TokenReloader(configuration, loader, tokens, metrics, log)
    }

    /// Starts fetching and watching.
    func start() throws(StartupError) {
        try StartupError.starting { () throws(POSIXError) in
            try refusals.start()
            try source.start()
            try fetcher?.start()
            try reloader.start()
        }
    }

    /// Reads the tokens file again. Any thread.
    func reload() { reloader.reload() }

    /// Ends the threads; the requests that wait have been answered before.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        reloader.stop()
        fetcher?.stop()
        source.stop()
        refusals.stop()
    }

    /// Sees to accounts that have unverified requests: asks for their tokens, or lets them be
    /// verified. The store thread.
    func look(after accounts: [UnverifiedRows.Account]) {
        for waiting in accounts {
            switch verifier.tokens.lookup(waiting.account[...]) {
            case .toFetch: fetcher?.fetch(waiting.account, from: waiting.network)
            case .known, .unknown, .sourceFailing: canVerify(waiting.account)
            }
        }
        // What names no account waits for all that were known before.
        for account in verifier.tokens.awaited(max: 64) { fetcher?.fetch(account) }
    }

    /// Verifies a request that was stored unverified so long ago. The store thread.
    func verify(
        _ request: HTTPRequest, receivedMilliseconds: Int64, ageMilliseconds: Int64
    ) -> UnverifiedVerdict {
        let shard = metrics.backgroundShard
        switch verdict(on: request, receivedMilliseconds) {
        case .genuine(let webhook, let token):
            metrics.unverifiedResolved[.genuine].add(shard: shard)
            metrics.tokenMatches[TokenPosition(index: token.position)].add(shard: shard)
            return .genuine(webhook)
        case .refused:
            metrics.unverifiedResolved[.forged].add(shard: shard)
            return .refused(
                refusals.provedFalse(
                    request, .unverifiedFalse, receivedMilliseconds: receivedMilliseconds))
        case .toFetch, .sourceFailing:
            guard ageMilliseconds > retentionMilliseconds else { return .undecided }
            metrics.unverifiedResolved[.expired].add(shard: shard)
            return .refused(
                refusals.provedFalse(
                    request, .unverified, receivedMilliseconds: receivedMilliseconds))
        }
    }

    /// Verifies a request from quarantine as if it had just come, and one that was damaged on its
    /// way as Twilio signed it; waits for a token that has to be fetched. The control thread.
    ///
    /// `isThorough` searches for a damage that no other request had.
    func verifyAgain(
        _ refused: QuarantinedRequest, isThorough: Bool
    ) -> Result<Webhook, QuarantineReason> {
        var verdict = verdict(
            on: refused.request, refused.receivedMilliseconds, isThorough: true)
        if case .toFetch = verdict {
            waitForToken(of: refused.request)
            verdict = self.verdict(
                on: refused.request, refused.receivedMilliseconds, isThorough: true)
        }
        switch verdict {
        case .genuine(let webhook, _): return .success(webhook)
        case .refused(let rejection):
            if let webhook = mended(refused, rejection, isThorough) { return .success(webhook) }
            return .failure(QuarantineReason(rejection))
        case .toFetch, .sourceFailing: return .failure(.unverified)
        }
    }

    /// The webhook that Twilio signed, verified like any other; nil when nothing proves one.
    private func mended(
        _ refused: QuarantinedRequest, _ rejection: Rejection, _ isThorough: Bool
    ) -> Webhook? {
        guard rejection.isExplained,
            let mended = mender.mend(refused.request, isThorough: isThorough),
            case .genuine(let webhook, _) = verdict(
                on: mended.request, refused.receivedMilliseconds,
                origin: .configured(mended.origin), isThorough: true)
        else { return nil }
        return webhook
    }

    /// The webhook of a request that an operator vouches for; nil when it cannot be read. The
    /// control thread.
    func trust(_ refused: QuarantinedRequest) -> Webhook? {
        do throws(Rejection) {
            return try read(
                refused.request, refused.receivedMilliseconds, needsSignature: false
            ).webhook(provedBy: nil, rules: verifier.rules)
        } catch {
            return nil
        }
    }

    private func verdict(
        on request: HTTPRequest, _ receivedMilliseconds: Int64, origin: RequestOrigin? = nil,
        isThorough: Bool = false
    ) -> WebhookVerifier.Verdict {
        do throws(Rejection) {
            return verifier.verify(
                try read(request, receivedMilliseconds, origin: origin), isThorough: isThorough)
        } catch {
            return .refused(error)
        }
    }

    private func read(
        _ request: HTTPRequest, _ receivedMilliseconds: Int64, origin: RequestOrigin? = nil,
        needsSignature: Bool = true
    ) throws(Rejection) -> TwilioRequest {
        try TwilioRequest(
            request, trace: traces.context(of: request.fields), origin: origin ?? self.origin,
            parametersMax: verifier.parametersMax, receivedMilliseconds: receivedMilliseconds,
            needsSignature: needsSignature)
    }

    private func waitForToken(of request: HTTPRequest) {
        // What cannot be read is refused by the next look at it.
        guard let fetcher, let account = try? read(request, 0).account else { return }
        let bell = WakeSignal()
        let deadline = MonotonicClock.now() + 15_000_000_000
        waits.add(
            TokenWait.Waiting(account: Array(account), deadlineNanoseconds: deadline) { _ in
                bell.ring()
            })
        fetcher.fetch(Array(account))
        while !isStopping.load(ordering: .relaxed) {
            let now = MonotonicClock.now()
            let pause = min(deadline, now + 100_000_000)
            if bell.wait(untilNanoseconds: pause) || now >= deadline { return }
        }
    }
}
