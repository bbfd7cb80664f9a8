import Yams

/// Reads `rules` of the configuration file: a list, of which the first that takes a webhook says
/// for whom it is.
struct RuleReader {
    private(set) var rules: [RuleEntry] = []
    private(set) var faults: FileFaults

    init(_ node: Node, path: String) {
        faults = FileFaults(path: path)
        guard let sequence = node.sequence, !sequence.isEmpty else {
            faults.add(node.lineNumber, "rules", "is not a list of rules")
            return
        }
        for (index, item) in sequence.enumerated() { read(item, "rules[\(index + 1)]") }
    }

    private mutating func read(_ node: Node, _ place: String) {
        guard let mapping = node.mapping else {
            return faults.add(node.lineNumber, place, "is not a rule with `destinations`")
        }
        if let all = rules.first(where: \.takesAll) {
            faults.add(
                node.lineNumber, place,
                "takes nothing, for the rule in line \(all.line) takes every webhook")
        }
        var rule = RuleEntry(line: node.lineNumber)
        for (key, value) in mapping { read(key, value, place, &rule) }
        if !mapping.contains(where: { $0.key.scalar?.string == "destinations" }) {
            faults.add(rule.line, place, "has no destinations")
        }
        rules.append(rule)
    }

    private mutating func read(
        _ keyNode: Node, _ value: Node, _ place: String, _ rule: inout RuleEntry
    ) {
        let key = keyNode.scalar?.string ?? ""
        let full = "\(place).\(key)"
        guard Self.keys.contains(key) else {
            return faults.add(
                keyNode.lineNumber, full,
                "there is no such key; a rule has " + Self.keys.joined(separator: ", "))
        }
        for (text, line) in faults.texts(value, full) ?? [] {
            if let sentence = Self.add(text, to: &rule, key) { faults.add(line, full, sentence) }
        }
    }

    private static let keys = [
        "kind", "route", "account", "to", "event", "status", "destinations",
    ]

    /// Adds a value; returns what is wrong with it.
    private static func add(_ text: String, to rule: inout RuleEntry, _ key: String) -> String? {
        switch key {
        case "kind":
            guard let kind = RuleKind(rawValue: text) else {
                return "\"\(text)\" is none of "
                    + RuleKind.allCases.map(\.rawValue).joined(separator: ", ")
            }
            rule.kinds.append(kind)
        case "route": rule.routes.append(text)
        case "account":
            guard AccountSID.isValid(text.utf8) else {
                return "\"\(text)\" is not an account SID (AC and 32 hexadecimal digits)"
            }
            rule.accounts.append(text)
        case "destinations":
            guard !rule.destinations.contains(text) else { return "names \(text) twice" }
            rule.destinations.append(text)
        default:
            guard let pattern = TextPattern(text) else {
                return "\"\(text)\" is not a text, with a * at its end or none"
            }
            switch key {
            case "to": rule.recipients.append(pattern)
            case "event": rule.events.append(pattern)
            default: rule.statuses.append(pattern)
            }
        }
        return nil
    }
}
