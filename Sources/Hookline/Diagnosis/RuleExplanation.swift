import POSIX

/// Says which rule takes a request and why the ones before it do not: `hookline check-config
/// --explain`. The signature is not looked at.
public struct RuleExplanation: Sendable {
    /// For people: a line for each rule, and where the request goes.
    public let text: String

    /// Reads a captured request by a configuration's rules; throws when it cannot be read.
    public init(
        _ captured: CapturedRequest, _ configuration: Configuration
    ) throws(CapturedRequest.Fault) {
        let request: TwilioRequest
        do throws(Rejection) {
            request = try TwilioRequest(
                captured.request, trace: TraceIDs().context(of: captured.request.fields),
                origin: .configured([]), parametersMax: configuration.parametersMax,
                needsSignature: false)
        } catch {
            throw CapturedRequest.Fault(description: "the request cannot be read: \(error)")
        }
        var lines = Self.facts(request)
        guard let rules = DestinationRules(configuration) else {
            let only = configuration.destinations[0]
            lines.append("goes to \(only.name.text): there are no rules, and one destination")
            text = Self.joined(lines)
            return
        }
        for (index, found) in rules.findings(of: request).enumerated() {
            let place = "rules[\(index + 1)] (line \(found.entry.line))"
            switch found.finding {
            case .takes: lines.append("\(place): takes it")
            case .differs(let condition):
                let values = condition.values(of: request).map {
                    "\"\(String(decoding: $0, as: UTF8.self))\""
                }
                let found =
                    values.isEmpty ? "there is none" : "it is \(values.joined(separator: ", "))"
                lines.append("\(place): no, because of \(condition.rawValue): \(found)")
            }
        }
        let names = rules.destinations(of: request).map { rules.list.names[$0.index].text }
        let isKept =
            names == [DestinationName.unmatched.text]
            && !configuration.destinations.contains { $0.name == .unmatched }
        lines.append("goes to \(names.joined(separator: ", "))")
        if isKept {
            lines.append(
                "no rule takes it, and there is no destination called unmatched: it is kept and "
                    + "not forwarded")
        }
        text = Self.joined(lines)
    }

    private static func facts(_ request: TwilioRequest) -> [String] {
        let method = request.head.isGet ? "GET" : "POST"
        var lines = ["\(method) \(String(decoding: request.head[.target], as: UTF8.self))"]
        let media = RuleKind.media.includes(request) ? ", with media" : ""
        lines.append("kind \(request.kind.rawValue)\(media)")
        for condition in [RuleCondition.account, .to, .event, .status] {
            let values = condition.values(of: request).filter { !$0.isEmpty }.map {
                String(decoding: $0, as: UTF8.self)
            }
            if !values.isEmpty {
                lines.append("\(condition.rawValue) \(values.joined(separator: ", "))")
            }
        }
        return lines
    }

    private static func joined(_ lines: [String]) -> String {
        lines.map { PrintableText.of($0) + "\n" }.joined()
    }
}
