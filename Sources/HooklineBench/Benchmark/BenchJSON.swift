import Foundation

/// The report for programs: one JSON object, times in milliseconds.
struct BenchJSON: Encodable {
    /// One kind of answer.
    struct Answer: Encodable {
        let answer: String
        let count: Int
    }

    /// Percentiles.
    struct Times: Encodable {
        let p50, p90, p95, p99, p999, max: Double

        /// Nil without any times.
        init?(_ times: LatencyDistribution) {
            guard times.count > 0 else { return nil }
            func milliseconds(_ percent: Double) -> Double {
                Double(times.percentile(percent) / 1000) / 1000
            }
            p50 = milliseconds(50)
            p90 = milliseconds(90)
            p95 = milliseconds(95)
            p99 = milliseconds(99)
            p999 = milliseconds(99.9)
            max = milliseconds(100)
        }
    }

    /// Messages one after another.
    struct Single: Encodable {
        let sent: Int
        let answers: [Answer]
        let responseMilliseconds: Times?
    }

    /// A load.
    struct Load: Encodable {
        let rate, planned, due, sent: Int
        let answers: [Answer]
        let answersPerSecond, acknowledgedWithinTarget, answeredWithinDeadline: Int
        let responseMilliseconds, serviceMilliseconds, startLatenessMilliseconds: Times?
        let waitedForConnection, mostUnderWay: Int
        let generatorBusyRatio: Double
        let keptRate, held: Bool

        /// The figures of a load.
        init(_ figures: LoadFigures) {
            rate = figures.rate
            planned = figures.planned
            due = figures.due
            sent = figures.sent
            answers = BenchJSON.answers(figures.answers)
            answersPerSecond = figures.answersPerSecond
            acknowledgedWithinTarget = figures.withinTarget
            answeredWithinDeadline = figures.withinDeadline
            responseMilliseconds = Times(figures.response)
            serviceMilliseconds = Times(figures.service)
            startLatenessMilliseconds = Times(figures.startLateness)
            waitedForConnection = figures.waited
            mostUnderWay = figures.mostUnderWay
            generatorBusyRatio = (figures.busyShare * 1000).rounded() / 1000
            keptRate = figures.shortfall == nil
            held = figures.holds
        }
    }

    /// A line of the check.
    struct Check: Encodable {
        let requirement, asks, verdict, measured: String
    }

    let url, metricsURL: String
    let rate, durationSeconds, connections: Int
    let interrupted, passed: Bool
    let single: Single?
    let load: Load?
    let checks: [Check]
    let benchmark: [Load]
    let highestRateHeld: Int?

    /// The object of a report.
    init(_ report: BenchReport) {
        url = report.options.url
        metricsURL = report.metricsURL
        rate = report.options.rate
        durationSeconds = report.options.seconds
        connections = report.options.connections
        interrupted = report.isInterrupted
        passed = report.hasPassed
        single = report.single.map { single in
            Single(
                sent: single.answers.total, answers: Self.answers(single.answers),
                responseMilliseconds: Times(single.response))
        }
        load = report.load.map { Load($0) }
        checks = report.judgements.map {
            Check(
                requirement: $0.requirement, asks: $0.asks, verdict: $0.verdict.rawValue,
                measured: $0.measured)
        }
        benchmark = report.steps.map { Load($0) }
        highestRateHeld = report.highestRate
    }

    private static func answers(_ answers: AnswerCounts) -> [Answer] {
        answers.sorted.map { Answer(answer: $0.words, count: $0.count) }
    }
}

extension BenchReport {
    /// One JSON object on one line; names in snake case, in alphabetical order.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Nothing in it can fail to encode: texts, counts and finite numbers.
        guard let data = try? encoder.encode(BenchJSON(self)) else { return "{}\n" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
