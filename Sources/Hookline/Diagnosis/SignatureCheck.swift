import OpenSSL
import POSIX
import TwilioSignature

/// Checks a captured request as `serve` would, and explains a mismatch: `hookline verify`.
public struct SignatureCheck: Sendable {
    private let configuration: Configuration
    private let tokens: Tokens

    /// Reads the tokens as `serve` does.
    public init(_ configuration: Configuration) throws(StartupError) {
        let paths = DataFolderPaths(folder: configuration.dataDirectory)
        self.init(
            configuration, Tokens(configuration, try TokenLoader(configuration, paths).load()))
    }

    init(_ configuration: Configuration, _ tokens: Tokens) {
        self.configuration = configuration
        self.tokens = tokens
    }

    /// Says whether the signature matches, or why not. Asks the tokens command if there is one.
    public func examine(_ captured: CapturedRequest) throws(StartupError) -> SignatureReport {
        let request = captured.request
        let lines = request.fields.count(of: "x-twilio-signature")
        guard lines == 1, let signature = request.fields.first("x-twilio-signature"),
            !signature.isEmpty
        else {
            return SignatureReport(
                .refused(
                    lines > 1
                        ? "there is more than one X-Twilio-Signature"
                        : "there is no X-Twilio-Signature"))
        }
        let explainer = MismatchExplainer(configuration)
        let scheme = SigningScheme(request.fields)
        let (keys, account) = try lookup(captured, explainer)
        if let report = verified(captured, signature, keys) { return report }
        let candidates = KeyRing(tokens).candidates(own: keys, account: account, scheme: scheme)
        return SignatureReport(.mismatch(explainer.explain(captured, keys: candidates)))
    }

    /// The report of a request that matches, or that no signature can help; else nil.
    private func verified(
        _ captured: CapturedRequest, _ signature: ArraySlice<UInt8>, _ keys: [HMACKey]
    ) -> SignatureReport? {
        let request = captured.request
        guard request.method == .post || request.method == .get else {
            return SignatureReport(.refused("the request is neither a POST nor a GET"))
        }
        let content: RequestContent
        do {
            content = try RequestContent(request, parametersMax: configuration.parametersMax)
        } catch {
            return SignatureReport(
                .refused(
                    "the form has more than \(configuration.parametersMax) parameters "
                        + "(--parameters-max)"))
        }
        // Without an origin nothing can match; the explainer then says what would.
        guard let origin = try? captured.origin(RequestOrigin(configuration)) else { return nil }
        let written = OriginSpellings(configuration)?.asWritten(origin[...])
        for origin in [origin, written].compactMap(\.self) {
            let signed = SignedRequest(
                origin: origin[...], target: request.target[...], body: request.body,
                parameters: content.signedParameters, isBodyless: content.isBodyless,
                signature: signature)
            guard case .match(let match) = WebhookSignature.verify(signed, keys: keys) else {
                continue
            }
            return SignatureReport(
                .match(match, SigningScheme(request.fields)),
                repeated: content.parameters?.ambiguous?.name)
        }
        return nil
    }

    /// The keys that verification tries, fetched if they have to be, and the account of the
    /// request.
    private func lookup(
        _ captured: CapturedRequest, _ explainer: MismatchExplainer
    ) throws(StartupError) -> (keys: [HMACKey], account: ArraySlice<UInt8>) {
        let (found, account) = explainer.ownKeys(of: captured, in: tokens)
        guard case .toFetch = found else { return (found.keys, account) }
        let deadline = MonotonicClock.now() + configuration.tokensCommandTimeout.nanoseconds
        let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])
        let configured = try ConfiguredTokenSource(
            configuration, metrics.redis, Log(format: .text, level: .critical))
        guard let source = configured.source else { return (found.keys, account) }
        do {
            try configured.start()
            defer { configured.stop() }
            let fetched = try source.tokens(
                of: Array(account), deadlineNanoseconds: deadline, isCancelled: { false })
            tokens.note(FetchedTokens(fetched), of: Array(account))
        } catch let error as TokenSourceError {
            throw .tokens("\(configured.key): \(error.sentence)")
        } catch {
            throw .tokens("\(configured.key): \(error)")
        }
        return (explainer.ownKeys(of: captured, in: tokens).lookup.keys, account)
    }
}
