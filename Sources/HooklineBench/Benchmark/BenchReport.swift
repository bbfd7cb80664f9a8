/// Everything that a run has shown.
public struct BenchReport: Sendable {
    /// What was asked for.
    let options: BenchOptions
    /// Where the metrics were looked for.
    let metricsURL: String
    /// Messages one after another; nil when the run was ended before.
    var single: SingleFigures?
    /// The concurrent load; nil when the run was ended before.
    var load: LoadFigures?
    /// One line a requirement, two for the response time; empty when the run was ended before.
    var judgements: [Judgement] = []
    /// Loads at other rates, in the order in which they were sent.
    var steps: [LoadFigures] = []
    /// Somebody asked for an early end.
    var isInterrupted = false

    /// True when no requirement failed or is inconclusive, and the run was not ended early.
    public var hasPassed: Bool {
        !isInterrupted && !judgements.isEmpty
            && judgements.allSatisfy { [.pass, .skipped].contains($0.verdict) }
    }

    /// The highest rate that was held, of the load and the steps; nil when none was.
    var highestRate: Int? {
        ((load.map { [$0] } ?? []) + steps).filter(\.holds).map(\.rate).max()
    }
}
