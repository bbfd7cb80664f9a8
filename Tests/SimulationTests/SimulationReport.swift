/// What happened in simulations.
struct SimulationReport: CustomStringConvertible {
    var seeds = 0
    var starts = 0, failedStarts = 0, stops = 0, kills = 0, powerCuts = 0, broken = 0
    var syncs = 0, attempts = 0
    var sent = 0, requests = 0, acknowledged = 0, refused = 0, unanswered = 0
    var delivered = 0, repeated = 0, dead = 0
    var changedBytes = 0, setAside = 0, corrupt = 0, reportedMissing = 0
    var violations: [String] = []

    /// Adds what a ledger says.
    mutating func count(_ ledger: Ledger) {
        seeds = 1
        sent = ledger.entries.count
        delivered = ledger.entries.count { $0.taken > 0 }
        repeated = ledger.repeated
        violations = ledger.violations
        reportedMissing = ledger.reportedMissing
    }

    static func + (a: Self, b: Self) -> Self {
        var sum = a
        for path in numbers { sum[keyPath: path] += b[keyPath: path] }
        sum.violations += b.violations
        return sum
    }

    private static var numbers: [WritableKeyPath<Self, Int>] {
        [
            \.seeds, \.starts, \.failedStarts, \.stops, \.kills, \.powerCuts, \.broken, \.syncs,
            \.attempts, \.sent, \.requests, \.acknowledged, \.refused, \.unanswered,
            \.delivered, \.repeated, \.dead, \.changedBytes, \.setAside, \.corrupt,
            \.reportedMissing,
        ]
    }

    private var damage: String {
        changedBytes == 0
            ? ""
            : """
            ;
            \(changedBytes) bytes changed: \(setAside) databases set aside, \(corrupt) corrupt \
            rows, \(reportedMissing) messages reported lost
            """
    }

    var description: String {
        """
        \(seeds) seeds: \(starts) starts (\(failedStarts) failed), \(stops) stops, \
        \(kills) kills, \(powerCuts) power cuts, \(broken) failed syncs, \(syncs) syncs;
        \(sent) messages in \(requests) requests: \(acknowledged) answered 200, \
        \(refused) answered 503, \(unanswered) without an answer;
        \(attempts) attempts: \(delivered) messages delivered, \(repeated) times again, \
        \(dead) dead letters; \(violations.count) violations\(damage)
        """
    }
}
