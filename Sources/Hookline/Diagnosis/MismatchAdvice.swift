/// Puts into one sentence what a search found: what would match, and what to change, such that
/// doing so makes it match. It holds no token, no value of a form and no query.
struct MismatchAdvice {
    private let finding: MismatchFinding
    private let subject: MismatchSubject
    private let choice: OriginChoice
    /// The account that the request names, if it is an account SID.
    private let account: String?

    init(
        _ finding: MismatchFinding, subject: MismatchSubject, choice: OriginChoice,
        account: ArraySlice<UInt8>
    ) {
        self.finding = finding
        self.subject = subject
        self.choice = choice
        self.account =
            AccountSID.isValid(account) ? String(decoding: account, as: UTF8.self) : nil
    }

    /// The most telling of the things that differ.
    var hint: MismatchHint {
        if let used = subject.origins.used {
            if hasOtherHost(than: used) { return .host }
            if finding.origin.isHTTPS != used.isHTTPS { return .scheme }
            if !finding.origin.hasSamePort(as: used), finding.change.origin != nil { return .port }
        } else {
            return .host
        }
        if finding.change.base != nil || finding.change.target != .none { return .path }
        if finding.change.owner != .own { return .otherToken }
        return finding.change.body != .none || finding.coverage != .whole ? .body : .none
    }

    /// The sentence, without its full stop.
    var sentence: String {
        let mends = [publicURLMend, targetMend, tokenMend, bodyMend].compactMap(\.self)
        guard !mends.isEmpty || !subject.isMethodChanged else {
            return "this request would match as a POST: something in front of Hookline changed its "
                + "method"
        }
        guard !mends.isEmpty else {
            return "this request matches now: URL or tokens were changed since it was refused"
        }
        return "this request would match with \(joined(differences)): \(joined(mends))"
    }

    private var differences: [String] {
        var words = originDifferences + pathDifferences + tokenDifferences
        switch finding.coverage {
        case .whole: if finding.change.body != .none { words.append("another body") }
        case .wrong: words.append("another body")
        case .missing: words.append("bodySHA256 in its query")
        }
        return words
    }

    /// False too for the other spelling of the public URL, which verification tries as well.
    private func hasOtherHost(than used: SignedOrigin) -> Bool {
        let origins = subject.origins
        let written = used == origins.publicURL ? origins.publicURLAsWritten : nil
        return finding.origin.host != used.host && finding.origin.host != written?.host
    }

    private var originDifferences: [String] {
        let origin = finding.origin
        let host = "host \(Self.text(origin.host))"
        guard let used = subject.origins.used else {
            return [origin.isHTTPS ? "https" : "http", host]
        }
        var words: [String] = []
        if origin.isHTTPS != used.isHTTPS { words.append(origin.isHTTPS ? "https" : "http") }
        if hasOtherHost(than: used) { words.append(host) }
        if !origin.hasSamePort(as: used), finding.change.origin != nil {
            words.append(origin.port.map { "port \(Self.text($0))" } ?? "no port")
        }
        return words
    }

    private var pathDifferences: [String] {
        var words: [String] = []
        if let base = finding.change.base {
            let used = subject.bases.used
            words.append(
                base.isEmpty
                    ? "no \(Self.text(used)) before the path"
                    : "\(Self.text(base)) before the path"
                        + (used.isEmpty ? "" : " in place of \(Self.text(used))"))
        }
        switch finding.change.target {
        case .none: break
        case .withoutSegments: words.append("\(removedSegments) taken from the path")
        case .slashAdded: words.append("a slash at the end of the path")
        case .slashRemoved: words.append("no slash at the end of the path")
        case .slashDoubled, .slashesMerged: words.append("other slashes in the path")
        case .path: words.append("another spelling of the path")
        case .kept(let field): words.append("the path in \(field.rawValue)")
        case .withoutQuery, .withoutLastParameter, .emptyQuery, .query, .sortedQuery,
            .withBodyDigest:
            words.append("another query")
        }
        return words
    }

    private var tokenDifferences: [String] {
        switch finding.change.owner {
        case .own: []
        case .account(let other): ["a token of account \(Self.text(other))"]
        case .everyAccount: ["a token that other accounts have"]
        case .authToken: ["the account's Auth Token"]
        case .sharedKey: ["a SharedKey of the account"]
        case .otherAlgorithm: ["the SharedKey's other algorithm"]
        case .sharedKeyOf(let other): ["the SharedKey listed under account \(Self.text(other))"]
        }
    }

    private var removedSegments: String {
        let removed = subject.target.count - finding.target.count
        let path = subject.target.prefix(max(0, removed))
        return BasePath.isUsable(path) ? Self.text(path) : "what a proxy added"
    }

    private var publicURLMend: String? {
        guard finding.change.origin != nil || finding.change.base != nil else { return nil }
        // A proxy that replaces a prefix is told to leave the path alone: then nothing is stripped.
        var base = finding.base
        if case .withoutSegments = finding.change.target, finding.change.base != nil { base = [] }
        if base == subject.bases.used, finding.change.origin == nil { return nil }
        let url = finding.origin.text + Self.text(base)
        return choice.mend(publicURL: url)
    }

    private var targetMend: String? {
        switch finding.change.target {
        case .none: nil
        case .withoutSegments:
            "let the proxy pass the path on as Twilio called it, without \(removedSegments) before "
                + "it (in nginx: proxy_pass with an address and no path)"
        case .slashAdded:
            "take the slash from the end of the URL in the Twilio console"
        case .slashRemoved: "let the proxy add no slash to the end of the path"
        case .slashDoubled:
            "enter the URL in the Twilio console with one slash where it has two"
        case .slashesMerged: "let the proxy pass the path on without doubling a slash"
        case .path(let change):
            "let the proxy pass the path on byte for byte as it came (it \(change.phrase))"
        case .kept(let field):
            "let the proxy pass path and query on as they came, as \(field.rawValue) shows them"
        case .withoutQuery: "let the proxy add no query to the URL"
        case .withoutLastParameter: "let the proxy add no parameter to the query"
        case .emptyQuery: "let the proxy pass on the question mark at the end as it came"
        case .query(let change):
            "let the proxy pass the query on byte for byte as it came (it \(change.phrase)), or "
                + "without a proxy use a URL that needs no escapes"
        case .sortedQuery:
            "let the proxy keep the order of the query's parameters, or without a proxy use a URL "
                + "whose parameters are in order"
        case .withBodyDigest: "let the proxy keep bodySHA256 in the query"
        }
    }

    private var tokenMend: String? {
        let account = account.map { "account \($0)" } ?? "this account"
        switch finding.change.owner {
        case .own: return nil
        case .account, .everyAccount: return "list that token under \(account) in the tokens file"
        case .authToken:
            return "let nothing add X-Twilio-Webhooks-Signature-Settings to the request"
        case .sharedKey:
            return "let the proxy pass on X-Twilio-Webhooks-Signature-Settings as it came"
        case .otherAlgorithm:
            return "give that SharedKey the other algorithm in the tokens file"
        case .sharedKeyOf: return "list that SharedKey under \(account) in the tokens file"
        }
    }

    private var bodyMend: String? {
        let unchanged = "let the proxy pass the body on byte for byte as it came"
        switch finding.coverage {
        case .missing:
            return "let the proxy keep bodySHA256 in the query, and Content-Type as it came"
        case .wrong: return unchanged
        case .whole:
            return finding.change.body == .none
                ? nil : unchanged + " (it \(finding.change.body.phrase))"
        }
    }

    private func joined(_ words: [String]) -> String {
        words.count < 2
            ? words.joined()
            : words.dropLast().joined(separator: ", ") + " and " + (words.last ?? "")
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }
}

/// How the configuration says where the origin comes from, as far as advice depends on it.
enum OriginChoice: Sendable, Equatable {
    /// `--public-url`, with what it is, and as it was written when that had capitals.
    case publicURL(String, asWritten: String?)
    /// `--trusted-proxies`, or `--dev` alone.
    case request
    /// `--origin-from-host`, which contradicts a public URL.
    case originFromHost

    /// What the configuration chose.
    init(_ configuration: Configuration) {
        if let url = configuration.publicURL {
            self = .publicURL(url, asWritten: configuration.publicURLAsWritten)
        } else {
            self = configuration.originFromHost ? .originFromHost : .request
        }
    }

    /// What sets the public URL.
    func mend(publicURL url: String) -> String {
        switch self {
        case .publicURL(url, _), .publicURL(_, asWritten: url):
            "give the request as Twilio called it: --public-url \(url) is right already"
        case .publicURL, .request: "set --public-url \(url)"
        case .originFromHost: "set --public-url \(url) in place of --origin-from-host"
        }
    }
}
