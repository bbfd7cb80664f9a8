import POSIX
import TwilioSignature

/// For whom a webhook is: the first rule that takes it says so. Any thread.
struct DestinationRules: Sendable {
    /// One rule, ready to be compared.
    private struct Rule: Sendable {
        let entry: RuleEntry
        /// The segments of each path.
        let routes: [[[UInt8]]]
        let accounts: [[UInt8]]
        let destinations: DestinationSet
    }

    private let rules: [Rule]
    private let unmatched: DestinationSet
    private let notice: Notice?
    /// The destinations that the rules name.
    let list: DestinationList

    /// Nil without rules: then there is one destination. `notice` is told of each webhook that no
    /// rule takes.
    init?(_ configuration: Configuration, notice: Notice? = nil) {
        self.notice = notice
        guard !configuration.ruleEntries.isEmpty else { return nil }
        let list = configuration.destinationList
        self.list = list
        rules = configuration.ruleEntries.map { entry in
            Rule(
                entry: entry, routes: entry.routes.map { Self.segments(Array($0.utf8)[...]) },
                accounts: entry.accounts.map { Array($0.utf8) },
                destinations: DestinationSet(
                    entry.destinations.compactMap { list.number(named: $0) }))
        }
        let name = DestinationName.unmatched.text
        unmatched = list.number(named: name).map { DestinationSet($0) } ?? .none
    }

    /// What a rule says of a request.
    enum Finding: Sendable, Equatable {
        /// It takes it.
        case takes
        /// It does not, because of this condition.
        case differs(RuleCondition)
    }

    /// The destinations of a request; those of `unmatched` when no rule takes it.
    func destinations(of request: TwilioRequest) -> DestinationSet {
        for rule in rules where finding(rule, request) == .takes { return rule.destinations }
        notice?.note { $0.with("kind", request.kind.rawValue) }
        return unmatched
    }

    /// What each rule says of a request, up to the first that takes it.
    func findings(
        of request: TwilioRequest
    ) -> [(entry: RuleEntry, finding: Finding)] {
        var findings: [(entry: RuleEntry, finding: Finding)] = []
        for rule in rules {
            let finding = finding(rule, request)
            findings.append((rule.entry, finding))
            if finding == .takes { break }
        }
        return findings
    }

    private func finding(_ rule: Rule, _ request: TwilioRequest) -> Finding {
        let entry = rule.entry
        if !entry.kinds.isEmpty, !entry.kinds.contains(where: { $0.includes(request) }) {
            return .differs(.kind)
        }
        if !rule.accounts.isEmpty,
            !rule.accounts.contains(where: { request.account.elementsEqual($0) })
        {
            return .differs(.account)
        }
        if !rule.routes.isEmpty {
            let path = request.head[.target].prefix { $0 != UInt8(ascii: "?") }
            guard rule.routes.contains(Self.segments(path)) else { return .differs(.route) }
        }
        for (condition, patterns) in [
            (RuleCondition.to, entry.recipients), (.event, entry.events),
            (.status, entry.statuses),
        ] where !patterns.isEmpty {
            let values = condition.values(of: request)
            let holds = patterns.contains { pattern in values.contains(where: pattern.matches) }
            if !holds { return .differs(condition) }
        }
        return .takes
    }
}

extension DestinationRules {
    /// The segments of a path in small letters: a route is also called with a slash too many or
    /// with capitals.
    private static func segments(_ path: ArraySlice<UInt8>) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map { $0.map(ASCII.lowercased) }
    }
}

/// A condition of a rule, as the file names it.
enum RuleCondition: String, Sendable {
    case kind, route, account, to, event, status

    /// What a request says about it.
    func values(of request: TwilioRequest) -> [ArraySlice<UInt8>] {
        let form = request.content.parameters
        switch self {
        case .kind: return [Array(request.kind.rawValue.utf8)[...]]
        case .route: return [request.head[.target].prefix { $0 != UInt8(ascii: "?") }]
        case .account: return [request.account]
        case .to: return [form?[.to]].compactMap(\.self)
        case .event:
            if let form { return [form[.eventType]].compactMap(\.self) }
            return request.content.json?.eventTypes.map { $0[...] } ?? []
        case .status: return [form?[.messageStatus] ?? form?[.smsStatus]].compactMap(\.self)
        }
    }
}

extension RuleKind {
    /// True for a request of this kind.
    func includes(_ request: TwilioRequest) -> Bool {
        switch self {
        case .message: return request.kind == .message
        case .media:
            return request.kind == .message && WebhookReader.priority(request.content) == .high
        case .button:
            guard request.kind == .message, let form = request.content.parameters else {
                return false
            }
            return [form.first("ButtonPayload"), form.first("ButtonText"), form.first("ListId")]
                .contains { $0?.isEmpty == false }
        case .statusCallback: return request.kind == .statusCallback
        case .conversations: return request.kind == .conversations
        case .eventStreams: return request.kind == .eventStreams
        case .taskRouter: return request.kind == .taskRouter
        case .voiceStatus: return request.kind == .voiceStatus
        case .voice: return request.kind == .voice
        case .other: return request.kind == .other
        }
    }
}
