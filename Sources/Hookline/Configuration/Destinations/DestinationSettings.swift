/// One destination with everything that was configured for it, defaults filled in.
struct DestinationSettings: Sendable {
    /// Where webhooks go.
    enum Target: Sendable {
        /// Each is written to the log, and counts as delivered.
        case log
        /// An application.
        case url(DestinationURL)
    }

    var name: DestinationName
    var target: Target
    /// Header fields that each request gets.
    var headers: [DestinationHeader] = []
    /// What proves this side, and who may prove the other.
    var certificates = DestinationCertificates()
    /// Signs the forwarded request; nil takes the token that has proved the webhook.
    var signingToken: Secret?
    /// Attempts that are under way at once.
    var concurrency: Int
    /// Attempts that begin in a second; nil for no limit.
    var rate: Double?
    /// Name resolution, connection and TLS handshake of an attempt.
    var connectTimeout: Duration
    /// A whole attempt.
    var timeout: Duration
    var retryInitial: Duration
    var retryFactor: Double
    var retryCap: Duration
    var retryAfterMax: Duration
    var retryWindow: Duration
    /// See `Configuration.refusalStatuses`.
    var refusalStatuses: [Int]
    var refusalAttempts: Int
    /// Addresses of the local link may be connected to, those of the cloud's metadata among them.
    var allowsLinkLocal = false

    /// For people: without the query, which may hold a key.
    var targetText: String {
        switch target {
        case .log: "log:"
        case .url(let url): url.withoutQuery
        }
    }
}

/// A header field that a destination gets with each request.
struct DestinationHeader: Sendable {
    var name: String
    /// May be a key.
    var value: Secret
}

/// Files in PEM; nil for none, or for the system's.
struct DestinationCertificates: Sendable, Equatable {
    /// This side's certificate.
    var client: String?
    /// The key of it; nil when both are in one file.
    var clientKey: String?
    /// The authorities that may prove the destination.
    var authority: String?
}

/// A destination as the file has it: what is not there is as the settings of the same name say.
struct DestinationEntry: Sendable {
    var name: DestinationName
    /// Where in the file.
    var line: Int
    var target: DestinationSettings.Target?
    var headers: [DestinationHeader] = []
    var certificates = DestinationCertificates()
    var signingToken: Secret?
    var concurrency: Int?
    var rate: Double?
    var connectTimeout: Duration?
    var timeout: Duration?
    var retryInitial: Duration?
    var retryFactor: Double?
    var retryCap: Duration?
    var retryAfterMax: Duration?
    var retryWindow: Duration?
    var refusalStatuses: [Int]?
    var refusalAttempts: Int?
    var allowsLinkLocal = false
}

extension DestinationSettings {
    /// An entry with what it leaves open.
    init(_ entry: DestinationEntry, _ configuration: Configuration) {
        self.init(
            name: entry.name, target: entry.target ?? .log, headers: entry.headers,
            certificates: entry.certificates, signingToken: entry.signingToken,
            concurrency: entry.concurrency ?? configuration.forwardConcurrency, rate: entry.rate,
            connectTimeout: entry.connectTimeout ?? configuration.forwardConnectTimeout,
            timeout: entry.timeout ?? configuration.forwardTimeout,
            retryInitial: entry.retryInitial ?? configuration.retryInitial,
            retryFactor: entry.retryFactor ?? configuration.retryFactor,
            retryCap: entry.retryCap ?? configuration.retryCap,
            retryAfterMax: entry.retryAfterMax ?? configuration.retryAfterMax,
            retryWindow: entry.retryWindow ?? configuration.retryWindow,
            refusalStatuses: entry.refusalStatuses ?? configuration.refusalStatuses,
            refusalAttempts: entry.refusalAttempts ?? configuration.refusalAttempts,
            allowsLinkLocal: entry.allowsLinkLocal)
    }
}

extension Configuration {
    /// Every destination that webhooks are forwarded to; one at least. `--forward-to` is the one
    /// called `default`.
    var destinations: [DestinationSettings] {
        var entries = destinationEntries
        if forwardTo != nil || entries.isEmpty {
            let target = forwardTo.map { DestinationSettings.Target.url($0) } ?? .log
            entries.insert(DestinationEntry(name: .standard, line: 0, target: target), at: 0)
        }
        return entries.map { DestinationSettings($0, self) }
    }

    /// Destinations and rules of the file, a line each; none without them. No secret is in it.
    public var destinationLines: [String] {
        guard !destinationEntries.isEmpty || !ruleEntries.isEmpty else { return [] }
        let own = destinations.map { destination in
            var line = "destination \(destination.name.text)  \(destination.targetText)"
            line += "  concurrency \(destination.concurrency)"
            if let rate = destination.rate { line += "  rate \(rate)" }
            line += "  timeout \(DurationText.text(destination.timeout))"
            line += "  retry-window \(DurationText.text(destination.retryWindow))"
            for header in destination.headers { line += "  header \(header.name)" }
            return line
        }
        return own
            + ruleEntries.map { rule in
                var line = "rule (line \(rule.line))"
                if !rule.kinds.isEmpty {
                    line += "  kind \(Self.joined(rule.kinds.map(\.rawValue)))"
                }
                for (name, values) in [
                    ("route", rule.routes), ("account", rule.accounts),
                    ("to", rule.recipients.map(\.description)),
                    ("event", rule.events.map(\.description)),
                    ("status", rule.statuses.map(\.description)),
                ] where !values.isEmpty {
                    line += "  \(name) \(Self.joined(values))"
                }
                return line + "  > \(Self.joined(rule.destinations))"
            }
    }

    private static func joined(_ values: [String]) -> String { values.joined(separator: ",") }

    /// Attempts of all destinations that may be under way at once, immediate processing among them.
    var attemptsMax: Int {
        destinations.reduce(0) { $0 + $1.concurrency + immediateConcurrencyMax }
    }

    /// Whom webhooks can be owed to: the destinations, and `unmatched` if a webhook may be taken
    /// by no rule.
    var destinationList: DestinationList {
        var names = destinations.map(\.name)
        let takesAll = ruleEntries.isEmpty || ruleEntries.contains(where: \.takesAll)
        if !takesAll, !names.contains(.unmatched) { names.append(.unmatched) }
        return DestinationList(names)
    }
}
