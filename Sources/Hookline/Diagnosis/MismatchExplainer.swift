import MicroHTTP
import OpenSSL
import POSIX
import TwilioSignature

/// Says why a signature does not match, by finding what it would match.
///
/// It works beside the path of requests. Whatever a request holds, its work is bounded: at most
/// `hmacsMax` HMACs over at most `hashedBytesMax` bytes.
struct MismatchExplainer: Sendable {
    /// The bounds, and what it takes from the configuration.
    struct Options: Sendable {
        var choice: OriginChoice
        var publicURL: [UInt8]?
        /// The same with the capitals that its host was written with; nil when it had none.
        var publicURLAsWritten: [UInt8]?
        var routes: [[UInt8]]
        var parametersMax: Int
        /// HMACs of one explanation.
        var hmacsMax = 2048
        /// Bytes that are hashed or rewritten for one explanation.
        var hashedBytesMax = 16 << 20
        /// How an explanation is divided; nil when it is made in one go.
        var pace: RestingPace?

        init(_ configuration: Configuration) {
            choice = OriginChoice(configuration)
            publicURL = configuration.publicURL.map { Array($0.utf8) }
            publicURLAsWritten = configuration.publicURLAsWritten.map { Array($0.utf8) }
            routes = configuration.routes.map { Array($0.path.utf8) }
            parametersMax = configuration.parametersMax
        }
    }

    private let options: Options
    private let origin: RequestOrigin

    /// An explainer for what `configuration` makes of a request.
    init(_ configuration: Configuration, pace: RestingPace? = nil) {
        var options = Options(configuration)
        options.pace = pace
        self.init(options, RequestOrigin(configuration))
    }

    init(_ options: Options, _ origin: RequestOrigin) {
        self.options = options
        self.origin = origin
    }

    /// Searches for what Twilio signed. Any thread; takes some milliseconds.
    func explain(_ captured: CapturedRequest, keys: CandidateKeys) -> MismatchExplanation {
        guard let subject = subject(captured) else { return Self.unreadable }
        var search = search(captured, subject, keys, hmacsMax: options.hmacsMax)
        guard let finding = search.run() else { return nothing(search) }
        return explanation(finding, captured, search)
    }

    /// Tries only what was found for other requests; nil when none of it fits. Any thread; costs
    /// a few HMACs.
    func explain(
        _ captured: CapturedRequest, keys: CandidateKeys, by changes: [MismatchChange]
    ) -> MismatchExplanation? {
        guard !changes.isEmpty, let subject = subject(captured) else { return nil }
        var search = search(captured, subject, keys, hmacsMax: 64)
        for change in changes {
            if let finding = search.test(change) { return explanation(finding, captured, search) }
        }
        return nil
    }

    /// The keys that verification tries for a request, and the account that it names, empty when it
    /// names none.
    func ownKeys(
        of captured: CapturedRequest, in tokens: Tokens
    ) -> (lookup: TokenLookup, account: ArraySlice<UInt8>) {
        let content = content(of: captured)
        let account = content?.account ?? []
        let lookup = tokens.lookup(
            account, SigningScheme(captured.request.fields),
            isSigner: content?.isAccountSigner ?? false, keysMax: KeyRing.keysMax)
        return (lookup, account)
    }

    private func content(of captured: CapturedRequest) -> RequestContent? {
        // A form with too many parameters is refused, whoever it is from.
        try? RequestContent(captured.request, parametersMax: options.parametersMax)
    }

    private func subject(_ captured: CapturedRequest) -> MismatchSubject? {
        // Without an origin there is nothing that verification used.
        let used = try? captured.origin(origin)
        return MismatchSubject(captured.request, used: used, options)
    }

    private func search(
        _ captured: CapturedRequest, _ subject: MismatchSubject, _ keys: CandidateKeys,
        hmacsMax: Int
    ) -> MismatchSearch {
        MismatchSearch(
            subject, keys: keys,
            trials: SignatureTrials(
                signature: captured.request.fields.first("x-twilio-signature") ?? [],
                hmacsMax: hmacsMax, hashedBytesMax: options.hashedBytesMax,
                pace: options.pace))
    }

    private func explanation(
        _ finding: MismatchFinding, _ captured: CapturedRequest, _ search: MismatchSearch
    ) -> MismatchExplanation {
        let advice = MismatchAdvice(
            finding, subject: search.subject, choice: options.choice,
            account: content(of: captured)?.account ?? [])
        return MismatchExplanation(
            hint: advice.hint, sentence: advice.sentence, proof: finding.proof,
            hmacs: search.trials.hmacs, change: finding.change)
    }

    private func nothing(_ search: MismatchSearch) -> MismatchExplanation {
        MismatchExplanation(
            hint: .none,
            sentence: "no likely change of URL, token or body gives this signature: it is forged, "
                + "or made with an Auth Token that is not configured",
            proof: nil, hmacs: search.trials.hmacs, change: nil)
    }

    private static let unreadable = MismatchExplanation(
        hint: .none, sentence: "the form has more parameters than --parameters-max allows",
        proof: nil, hmacs: 0, change: nil)
}
