import MicroHTTP
import POSIX

/// Everything that validation needs besides the endpoint: tokens with their sources, the cache,
/// requests that wait for a token, and those that were stored unverified.
final class ValidationOffice: Sendable {
    let verifier: WebhookVerifier
    let cache: ValidationCache
    let waits: TokenWait
    /// Nil when every token is configured.
    let fetcher: TokenFetcher?
    private let reloader: TokenReloader
    private let origin: RequestOrigin
    private let traces = TraceIDs()
    private let retentionMilliseconds: Int64
    private let metrics: ReceiverMetrics
    private let canVerify: @Sendable (_ account: [UInt8]) -> Void

    /// `canVerify` hears of accounts whose unverified requests can be verified now.
    init(
        _ configuration: Configuration, _ loader: TokenLoader, _ tokens: Tokens,
        _ metrics: ReceiverMetrics, _ log: Log,
        canVerify: @escaping @Sendable (_ account: [UInt8]) -> Void
    ) {
        verifier = WebhookVerifier(tokens: tokens, parametersMax: configuration.parametersMax)
        cache = ValidationCache(configuration)
        let waits = TokenWait(waitingMax: configuration.connectionsMax)
        self.waits = waits
        self.canVerify = canVerify
        origin = RequestOrigin(configuration)
        retentionMilliseconds = configuration.unverifiedRetention.milliseconds
        self.metrics = metrics
        fetcher =
            configuration.tokensCommand.isEmpty
            ? nil
            : TokenFetcher(
                source: TokensCommand(arguments: configuration.tokensCommand),
                options: TokenFetcher.Options(configuration), tokens: tokens, metrics: metrics,
                log: log,
                arrived: { account in
                    waits.arrived(account)
                    canVerify(account)
                })
        reloader = TokenReloader(configuration, loader, tokens, metrics, log, replaced: {})
    }

    /// Starts fetching and watching.
    func start() throws(StartupError) {
        try StartupError.starting { () throws(POSIXError) in
            try fetcher?.start()
            try reloader.start()
        }
    }

    /// Reads the tokens file again. Any thread.
    func reload() { reloader.reload() }

    /// Ends the threads; the requests that wait have been answered before.
    func stop() {
        reloader.stop()
        fetcher?.stop()
    }

    /// Sees to accounts that have unverified requests: asks for their tokens, or lets them be
    /// verified. The store thread.
    func look(after accounts: [[UInt8]]) {
        for account in accounts {
            switch verifier.tokens.lookup(account[...]) {
            case .toFetch: fetcher?.fetch(account)
            case .known, .unknown, .sourceFailing: canVerify(account)
            }
        }
    }

    /// Verifies a request that was stored unverified. The store thread.
    func verify(_ request: HTTPRequest, receivedMilliseconds: Int64) -> UnverifiedVerdict {
        let verdict: WebhookVerifier.Verdict
        do throws(Rejection) {
            verdict = verifier.verify(
                try TwilioRequest(
                    request, trace: traces.context(of: request.fields), origin: origin,
                    parametersMax: verifier.parametersMax,
                    receivedMilliseconds: receivedMilliseconds))
        } catch {
            verdict = .refused(error)
        }
        let shard = metrics.backgroundShard
        switch verdict {
        case .genuine(let webhook, let position):
            metrics.unverifiedResolved[.genuine].add(shard: shard)
            metrics.tokenMatches[TokenPosition(index: position)].add(shard: shard)
            return .genuine(webhook)
        case .refused(let rejection):
            metrics.unverifiedResolved[.forged].add(shard: shard)
            return .refused(rejection)
        case .toFetch, .sourceFailing:
            let age = WallClock.nowMilliseconds() - receivedMilliseconds
            guard age > retentionMilliseconds else { return .undecided }
            metrics.unverifiedResolved[.expired].add(shard: shard)
            return .refused(.unknownAccount)
        }
    }
}
