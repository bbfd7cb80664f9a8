import Foundation
import Testing

@testable import Hookline

/// The window against a calculation that keeps every sample (R12, by the definitions of R11).
@Suite struct MonitorFiguresTests {
    private struct Sample {
        var at: UInt64
        var nanoseconds: UInt64
        var outcome: WebhookOutcome
    }

    /// The nearest-rank percentile of samples, in seconds.
    private func exact(_ percent: Int, _ samples: [Sample]) -> Double? {
        guard !samples.isEmpty else { return nil }
        let sorted = samples.map(\.nanoseconds).sorted()
        let rank = Int((Double(percent) / 100 * Double(sorted.count)).rounded(.up))
        return Double(sorted[max(1, rank) - 1]) / 1e9
    }

    private func randomDuration() -> UInt64 {
        // From microseconds to some seconds, every size as likely as any other.
        UInt64(exp(Double.random(in: log(2e3)...log(6e9))))
    }

    @Test(arguments: [5, 60] as [UInt64])
    func `R12 percentiles and the success rate are those of the samples of the window`(
        windowSeconds: UInt64
    ) throws {
        let bench = try MonitorBench(windowSeconds: windowSeconds)
        var samples: [Sample] = []
        for second in 0..<(2 * Int(windowSeconds) + 20) {
            let isQuiet = second % 50 > 40
            for _ in 0..<(isQuiet ? 0 : Int.random(in: 0...30)) {
                let outcome = WebhookOutcome.allCases.randomElement() ?? .accepted
                let sample = Sample(
                    at: bench.now + 1, nanoseconds: randomDuration(), outcome: outcome)
                samples.append(sample)
                bench.answer(
                    nanoseconds: sample.nanoseconds, outcome, shard: Int.random(in: 0...2))
            }
            bench.pass(seconds: 1)
            let figures = try #require(bench.seen).figures
            let age = UInt64(second + 1) * 1_000_000_000
            #expect(figures.coveredNanoseconds >= min(age, bench.options.windowNanoseconds))
            #expect(
                Double(figures.coveredNanoseconds)
                    <= Double(bench.options.windowNanoseconds) * 61 / 60 + 1e9)
            let window = samples.filter { $0.at > bench.now - figures.coveredNanoseconds }
            try compare(figures, window)
        }
    }

    private func compare(_ figures: MonitorFigures, _ window: [Sample]) throws {
        let genuine = window.filter {
            [.accepted, .duplicate, .deferred, .unavailable].contains($0.outcome)
        }
        #expect(figures.genuine == UInt64(genuine.count))
        for percentile in WindowPercentile.allCases {
            let shown = figures.responseSeconds(percentile)
            let exact = exact(Int(percentile.hundredths), genuine)
            guard let shown, let exact else {
                #expect(shown == nil && exact == nil)
                continue
            }
            #expect(shown >= exact && shown <= exact * 17 / 16 + 1e-9)
        }
        let late = exact(95, genuine).map { ($0 > 1, $0 > 3) } ?? (false, false)
        #expect(figures.isResponseTimeAbove(.warning) == late.0)
        #expect(figures.isResponseTimeAbove(.critical) == late.1)
        for outcome in WebhookOutcome.allCases {
            #expect(
                figures[outcome] == UInt64(window.filter { $0.outcome == outcome }.count))
        }
        let failed = genuine.filter { $0.outcome == .unavailable }.count
        let ratio =
            genuine.isEmpty ? nil : Double(genuine.count - failed) / Double(genuine.count)
        #expect(figures.successRatio == ratio)
    }

    @Test func `R12 the ratio of failed validations is that of the alerting rules`() throws {
        let bench = try MonitorBench()
        #expect(bench.seen?.figures.validationFailureRatio == nil)
        bench.validate(.valid, times: 90)
        bench.validate(.invalidSignature, times: 4)
        bench.validate(.missingSignature, times: 3)
        bench.validate(.unknownAccount, times: 3)
        bench.validate(.deferred, times: 1000)
        bench.validate(.malformed, times: 1000)
        bench.pass(seconds: 1)
        #expect(bench.seen?.figures.validationFailureRatio == 0.1)
        #expect(bench.seen?.figures.judgedValidations == 100)
        bench.pass(seconds: 62)
        #expect(bench.seen?.figures.validationFailureRatio == nil)
    }

    @Test func `R12 phases are told apart and processor time is a rate`() throws {
        let bench = try MonitorBench(windowSeconds: 10)
        let timing = ReplyTiming(
            shard: 0, receive: 1_000_000, validation: 2_000_000, acknowledgement: 4_000_000,
            response: 8_000_000)
        bench.metrics.monitorCells.observe(timing, outcome: .duplicate)
        bench.metrics.monitorCells.observeBackground(nanoseconds: 16_000_000, shard: 2)
        bench.use(cpuSeconds: 2)
        bench.pass(seconds: 4)
        let figures = try #require(bench.seen).figures
        for (phase, exact) in zip(figures.phases, [1e6, 2e6, 4e6, 8e6, 16e6]) {
            let shown = Double(try #require(phase.quantile(hundredths: 50)))
            #expect(phase.total == 1 && shown >= exact && shown <= exact * 17 / 16)
        }
        #expect(figures.cpuSecondsPerSecond == 0.5)
        #expect(figures.usage.residentBytes == 1_048_576 && figures.usage.openDescriptors == 9)
        bench.use(cpuSeconds: nil)
        bench.pass(seconds: 1)
        #expect(bench.seen?.figures.cpuSecondsPerSecond == nil)
    }

    @Test func `a look that is not repeated is not shown for long`() throws {
        let bench = try MonitorBench()
        bench.pass(seconds: 1)
        bench.stall(nanoseconds: 4_999_999_999)
        #expect(bench.seen != nil)
        bench.stall(nanoseconds: 1)
        #expect(bench.seen == nil)
        bench.tick()
        #expect(bench.seen?.figures.coveredNanoseconds == 6_000_000_000)
    }

    @Test func `two threads count without a loss while a third reads`() throws {
        let cells = MonitorCells(shards: 2, thresholds: (1000, 2000))
        let timing = [0, 1].map {
            ReplyTiming(shard: $0, receive: 0, validation: 1500, acknowledgement: 0, response: 0)
        }
        let done = DispatchGroup()
        for shard in 0..<2 {
            DispatchQueue.global().async(group: done) {
                for _ in 0..<50_000 { cells.observe(timing[shard], outcome: .accepted) }
            }
        }
        var last: UInt64 = 0
        while done.wait(timeout: .now()) == .timedOut {
            let now = cells.read().outcomes[0]
            #expect(now >= last)
            last = now
        }
        let sums = cells.read()
        #expect(sums.outcomes[0] == 100_000 && sums.late == [100_000, 0])
        #expect(sums.response.reduce(0, +) == 100_000)
    }
}
