/// A change of many rows as a command makes it: request after request, until nothing is left.
public struct QueueChange: Sendable {
    /// What is changed.
    public enum Verb: Sendable, Equatable {
        /// Dead letters are owed anew, what waits is due at once.
        case retry
        /// Deliveries are deleted.
        case discard
        /// Quarantined requests are deleted.
        case discardQuarantined
        /// Quarantined requests are verified again and forwarded.
        case release
        /// One quarantined request is forwarded without being verified.
        case releaseByForce
    }

    private let client: AdminClient
    private let verb: Verb

    /// A change on the server that the client asks.
    public init(_ verb: Verb, client: AdminClient) {
        self.verb = verb
        self.client = client
    }

    /// Makes the change; a fault in the middle is part of the report.
    public func run(_ selection: AdminSelection, isDryRun: Bool) throws(AdminError)
        -> QueueChangeReport
    {
        var change = AdminChange(selection)
        change.isDryRun = isDryRun
        var report = QueueChangeReport(isDryRun: isDryRun)
        repeat {
            do {
                let end = try client.ask(request(change)) {
                    if case .outcome(let outcome) = $0 { report.add(outcome) }
                }
                if case .ids = selection {} else { report.add(end.counts) }
                change.foretold = end.foretold ?? 0
                guard let next = end.next else { break }
                if case .ids(let ids) = change.selection {
                    change.selection = .ids(Array(ids.dropFirst(Int(next))))
                } else {
                    change.after = next
                    change.through = end.through
                }
            } catch {
                guard !report.counts.isEmpty else { throw error }
                report.error = error.description
                break
            }
        } while true
        report.tellWhatIsLeft(of: verb)
        return report
    }

    private func request(_ change: AdminChange) -> AdminRequest {
        switch verb {
        case .retry: .retry(change)
        case .discard: .discard(change, quarantined: false)
        case .discardQuarantined: .discard(change, quarantined: true)
        case .release: .release(change, force: false)
        case .releaseByForce: .release(change, force: true)
        }
    }
}

/// What a change did.
public struct QueueChangeReport: Sendable, Encodable {
    /// Nothing was changed: this is what would be.
    public let isDryRun: Bool
    /// How many rows had each result.
    public private(set) var counts: [String: Int] = [:]
    /// What became of each row that was named by its id.
    public private(set) var rows: [AdminOutcome] = []
    /// Why it stopped before its end, or what it had no room for; nil when all was done.
    public var error: String?

    private static let done: Set = ["retried", "discarded", "released", "duplicate"]

    enum CodingKeys: String, CodingKey {
        case counts, rows, error
        case isDryRun = "dry_run"
    }

    init(isDryRun: Bool) { self.isDryRun = isDryRun }

    mutating func add(_ outcome: AdminOutcome) {
        rows.append(outcome)
        add([outcome.result: 1])
    }

    mutating func add(_ more: [String: Int]) { counts.merge(more, uniquingKeysWith: +) }

    /// What the queue had no room for is part of the fault, if there is none yet.
    mutating func tellWhatIsLeft(of verb: QueueChange.Verb) {
        guard error == nil else { return }
        if let left = counts[AdminOutcome.corrupt], left > 0 {
            error =
                "\(left) \(left == 1 ? "row stays: it is" : "rows stay: they are") not what was "
                + "stored (a checksum does not match), and what changed on the disk is never "
                + "forwarded; 'hookline queue discard' removes it"
        }
        guard let left = counts[AdminOutcome.queueFull], left > 0 else { return }
        let isOne = left == 1
        let stay = (isDryRun ? "would stay" : isOne ? "stays" : "stay")
        let what =
            verb == .retry
            ? "\(left) dead \(isOne ? "letter" : "letters") \(stay)"
            : "\(left) genuine \(isOne ? "request" : "requests") \(stay) in quarantine"
        error =
            "\(what): the queue has no room for more (--queue-rows-max); "
            + "\(verb == .retry ? "retry" : "release") again when it has been worked off"
    }

    /// False when it stopped, when a row that was named was not changed, or when there were rows
    /// and none was changed.
    public var isAsWished: Bool {
        guard error == nil else { return false }
        let isRowDone = rows.allSatisfy { Self.done.contains($0.result) }
        let changed = counts.reduce(0) { $0 + (Self.done.contains($1.key) ? $1.value : 0) }
        let all = counts.values.reduce(0, +)
        return isRowDone && (changed > 0 || all == 0)
    }

    /// One JSON object on one line.
    public var json: String { String(decoding: JSONLine.bytes(self), as: UTF8.self) }

    /// Lines for people.
    public var text: String {
        let lines = rows.map { "\($0.id) \($0.result)\n" }.joined()
        let shown = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        let summary =
            shown.isEmpty
            ? "nothing to do"
            : shown.map { "\($0.value) \(Self.words($0.key))" }.joined(separator: ", ")
        return lines + summary + (isDryRun ? " (dry run: nothing was changed)" : "") + "\n"
    }

    private static func words(_ result: String) -> String {
        switch result {
        case "retried", "discarded", "released", "missing": result
        case "duplicate": "seen before"
        case AdminOutcome.running: "being sent at this moment, not changed"
        default: "stay (\(result))"
        }
    }
}
