/// What stands behind the `#` of a URL at Twilio: how it is called, and called again
/// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
enum ConnectionOverrides {
    /// What is wrong with them.
    enum Fault: Equatable {
        /// Twilio does not try again after an answer that is an error, or none.
        case noRetry
        /// Twilio logs an error for a key or a value that it does not know.
        case invalid(String)
    }

    private static let ranges = [
        "ct": 100...10_000, "rt": 100...15_000, "tt": 100...15_000, "rc": 0...5,
    ]
    private static let policies: Set = ["4xx", "5xx", "ct", "rt", "all"]

    /// The fault of a URL's overrides; nil when they let Twilio try again.
    static func fault(of url: String) -> Fault? {
        guard let start = url.firstIndex(of: "#") else { return .noRetry }
        var values: [String: String] = [:]
        for pair in url[url.index(after: start)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map(String.init)
            guard parts.count == 2, isValid(parts[0], parts[1]) else {
                return .invalid(String(pair))
            }
            values[parts[0]] = parts[1]
        }
        // Without `rc` it is one, without `rp` only a connection that fails.
        let policy = Set((values["rp"] ?? "ct").split(separator: ",").map(String.init))
        let repeats = values["rc"] != "0" && (policy.contains("all") || policy.contains("5xx"))
        return repeats ? nil : .noRetry
    }

    private static func isValid(_ key: String, _ value: String) -> Bool {
        if let range = ranges[key] { return Int(value).map(range.contains) ?? false }
        let items = value.split(separator: ",", omittingEmptySubsequences: false)
        switch key {
        case "rp": return items.allSatisfy { policies.contains(String($0)) }
        case "sni": return value == "y" || value == "n"
        case "e": return items.allSatisfy { !$0.isEmpty }
        default: return false
        }
    }
}
