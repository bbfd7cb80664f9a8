import Curl
import POSIX

/// `hookline bench`: an open-loop load of signed webhooks and a check of
/// what the server promises (docs/bench.md).
public struct Bench {
    /// How long a step of the benchmark lasts at most, in seconds.
    private static let stepSecondsMax = 3

    private let options: BenchOptions
    private let output: BenchOutput
    private let interruption: Interruption
    private let signers: BenchSigners
    private let reader: MetricsReader
    private var report: BenchReport

    /// Checks the options and finds the token.
    public init(
        _ options: BenchOptions, tokens: TestTokenSource, output: BenchOutput,
        interruption: Interruption
    ) throws(BenchError) {
        try options.check()
        self.options = options
        self.output = output
        self.interruption = interruption
        signers = try BenchSigners(options, tokens: tokens)
        let url = MetricsAddress.url(given: options.opsURL, dataDirectory: tokens.dataDirectory)
        reader = MetricsReader(url: url, interruption)
        report = BenchReport(options: options, metricsURL: url)
    }

    /// Runs every step and says each part of the report as it is known. Blocks the calling thread.
    public mutating func run() throws(BenchError) -> BenchReport {
        output.part(BenchText.head(report))
        try measure()
        report.isInterrupted = interruption.isRaised
        output.part(BenchText.end(report))
        return report
    }

    /// The steps in order; after an interruption the rest is left out.
    private mutating func measure() throws(BenchError) {
        var sender = try SequentialSender(interruption)
        let single = try SingleFigures.measure(options, signers.given, &sender, interruption)
        report.single = single
        output.part(BenchText.single(single))
        if interruption.isRaised { return }

        output.part(BenchText.loadTitle(options))
        let before = try reader.read()
        let load = try self.load(rate: options.rate, seconds: options.seconds)
        report.load = load
        output.part(BenchText.load(load, connections: options.connections))
        let metrics = MetricsEvidence(
            before: before, after: try reader.read(), acknowledged: load.answers[.acknowledged])

        let probes = try ProbeFigures.measure(options, signers, &sender)
        let repeats = try RepeatFigures.measure(options, signers.given, &sender, reader)
        report.judgements = RequirementJudge.judgements(
            RequirementJudge.Evidence(
                single: single, load: load, loadMetrics: metrics, probes: probes,
                repeats: repeats))
        output.part(BenchText.check(report.judgements))
        if options.isBenchmarking && !interruption.isRaised { try benchmark(load) }
    }

    /// Raises the rate until the server does not hold it, or lowers it until it does.
    private mutating func benchmark(_ load: LoadFigures) throws(BenchError) {
        let seconds = min(options.seconds, Self.stepSecondsMax)
        output.part(BenchText.stepTitle(seconds: seconds))
        output.part(BenchText.step(load))
        let rates = BenchmarkRates.rates(
            around: options.rate, isHeld: load.holds, seconds: seconds)
        for rate in rates {
            let step = try self.load(rate: rate, seconds: seconds)
            report.steps.append(step)
            output.part(BenchText.step(step))
            if step.holds != load.holds || interruption.isRaised { break }
        }
        output.part(BenchText.highest(report))
    }

    private func load(rate: Int, seconds: Int) throws(BenchError) -> LoadFigures {
        let webhooks = SignedWebhooks(
            count: rate * seconds, message: options.message, signer: signers.given)
        let schedule = LoadSchedule(
            startNanoseconds: MonotonicClock.now() + 1_000_000, rate: rate, seconds: seconds)
        var loop = OpenLoop(schedule, webhooks, options, interruption)
        return try loop.run { figures in output.progress(BenchText.progress(figures)) }
    }
}

/// The rates of the benchmark's steps.
enum BenchmarkRates {
    private static let multiples = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
    private static let fractions = [2, 4, 8, 16, 32, 64]

    /// Rising above a rate that was held, falling below one that was not; within the bounds.
    static func rates(around rate: Int, isHeld: Bool, seconds: Int) -> [Int] {
        let rates = isHeld ? multiples.map { rate * $0 } : fractions.map { rate / $0 }
        return rates.filter {
            BenchOptions.rateRange.contains($0) && $0 * seconds <= BenchOptions.requestsMax
        }
    }
}
