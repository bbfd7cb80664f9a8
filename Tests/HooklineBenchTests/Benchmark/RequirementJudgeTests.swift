import Testing

@testable import HooklineBench

/// Each requirement's line at its limit and one beyond it.
@Suite struct RequirementJudgeTests {
    /// A load of answers, each so long after it was due.
    private func load(
        _ answers: [(WebhookAnswer, UInt64)], lateNanoseconds: UInt64 = 0
    ) -> LoadFigures {
        var figures = LoadFigures(
            LoadSchedule(startNanoseconds: 0, rate: answers.count, seconds: 1))
        figures.due = answers.count
        for (answer, nanoseconds) in answers {
            figures.started(lateNanoseconds: lateNanoseconds, hasWaited: false, underWay: 1)
            figures.ended(
                answer, afterDueNanoseconds: nanoseconds, serviceNanoseconds: nanoseconds)
        }
        return figures
    }

    /// So many answers within the target and so many others.
    private func load(
        _ within: Int, _ others: Int, _ other: (WebhookAnswer, UInt64)
    ) -> LoadFigures {
        load(
            Array(repeating: (.acknowledged, 1_000_000), count: within)
                + Array(repeating: other, count: others))
    }

    private func single(_ nanoseconds: UInt64, _ answer: WebhookAnswer = .acknowledged)
        -> SingleFigures
    {
        var figures = SingleFigures()
        figures.add(answer, nanoseconds: nanoseconds)
        return figures
    }

    private let unavailable = WebhookAnswer.other(status: 503, contentType: "")

    @Test func `R1 one answer after two seconds fails the deadline, whatever its status`() {
        let second: UInt64 = 1_000_000_000
        func verdict(_ load: LoadFigures, _ single: SingleFigures) -> Verdict {
            RequirementJudge.deadline(load, single).verdict
        }
        let quick = single(1)
        #expect(verdict(load(99, 1, (.acknowledged, 2 * second)), quick) == .pass)
        #expect(verdict(load(99, 1, (.acknowledged, 2 * second + 1)), quick) == .fail)
        #expect(verdict(load(99, 1, (unavailable, 2 * second)), quick) == .pass)
        #expect(verdict(load(99, 1, (unavailable, 2 * second + 1)), quick) == .fail)
        #expect(verdict(load(99, 1, (.none("gone"), 1)), quick) == .fail)
        #expect(verdict(load(99, 1, (.unsent, 1)), quick) == .fail)
        #expect(verdict(load(100, 0, (.unsent, 1)), single(2 * second)) == .pass)
        #expect(verdict(load(100, 0, (.unsent, 1)), single(2 * second + 1)) == .fail)
        #expect(verdict(load(100, 0, (.unsent, 1)), single(1, .none("gone"))) == .fail)
        #expect(verdict(load([]), SingleFigures()) == .fail)
    }

    @Test func `R1 the target takes one percent beyond 500 ms and no more`() {
        let late: (WebhookAnswer, UInt64) = (.acknowledged, 500_000_001)
        #expect(
            RequirementJudge.target(load(0, 100, (.acknowledged, 500_000_000))).verdict == .pass)
        #expect(RequirementJudge.target(load(99, 1, late)).verdict == .pass)
        #expect(RequirementJudge.target(load(98, 2, late)).verdict == .fail)
        #expect(RequirementJudge.target(load(198, 2, late)).verdict == .pass)
        #expect(RequirementJudge.target(load(98, 1, late)).verdict == .fail)
        #expect(RequirementJudge.target(load([])).verdict == .fail)
        let refused = RequirementJudge.target(load(98, 2, (unavailable, 1)))
        #expect(refused.verdict == .fail)
        #expect(refused.measured.contains("2 × 503"))
    }

    @Test func `R1 is inconclusive when the generator could not keep the rate`() {
        let answers = Array(repeating: (WebhookAnswer.acknowledged, UInt64(1)), count: 10)
        let limit = RequirementLimits.startLateness
        #expect(load(answers, lateNanoseconds: limit - 1_000_000).shortfall == nil)
        let late = load(answers, lateNanoseconds: limit + 1_000_000)
        for judgement in [
            RequirementJudge.deadline(late, single(1)), RequirementJudge.target(late),
        ] {
            #expect(judgement.verdict == .inconclusive)
            #expect(judgement.measured.hasPrefix("the generator could not keep the rate"))
            var report = BenchReport(options: BenchOptions(url: "http://h/"), metricsURL: "")
            report.judgements = [judgement]
            #expect(!report.hasPassed && BenchText.end(report).contains("1 inconclusive"))
        }
        var busy = load(answers)
        busy.elapsedNanoseconds = 1000
        busy.busyNanoseconds = 950
        #expect(busy.shortfall == nil)
        busy.busyNanoseconds = 951
        #expect(RequirementJudge.target(busy).verdict == .inconclusive)
        #expect(!busy.meetsTarget && !busy.holds)
    }

    @Test func `a rate whose backlog grew is not held, though it meets the target`() {
        var figures = load(100, 0, (.unsent, 1))
        figures.elapsedNanoseconds = 1_052_000_000
        #expect(figures.answersPerSecond == 95)
        #expect(figures.keepsUp && figures.holds)
        figures.elapsedNanoseconds = 1_064_000_000
        #expect(figures.answersPerSecond == 94)
        #expect(figures.meetsTarget && !figures.keepsUp && !figures.holds)
        #expect(RequirementJudge.target(figures).verdict == .pass)
    }

    /// What a server's metrics say after so many observations by bound, in each phase.
    private func metrics(
        validation: [(String, Int)], receipt: [(String, Int)] = [], further: String = ""
    ) -> MetricsEvidence {
        let lines =
            validation.map {
                #"hookline_webhook_phase_duration_seconds_bucket{phase="validation","#
                    + #"le="\#($0.0)"} \#($0.1)"#
            }
            + receipt.map {
                #"hookline_webhook_receipt_duration_seconds_bucket{le="\#($0.0)"} \#($0.1)"#
            } + [#"hookline_validations_total{result="valid"} 100"#, further]
        let page = MetricsPage(
            lines.joined(separator: "\n"), names: MetricsDifference.names)
        return MetricsEvidence(
            before: .page(MetricsPage("", names: [])), after: .page(page), acknowledged: 100)
    }

    @Test func `R2 needs 99 percent validated in 100 ms and committed in 200 ms`() {
        func verdict(_ validated: Int, _ committed: Int) -> Verdict {
            RequirementJudge.phases(
                metrics(
                    validation: [("0.1", validated), ("+Inf", 100)],
                    receipt: [("0.2", committed), ("+Inf", 100)])
            ).verdict
        }
        #expect(verdict(99, 99) == .pass)
        #expect(verdict(98, 99) == .fail)
        #expect(verdict(99, 98) == .fail)
        let none = metrics(validation: [("0.1", 99), ("+Inf", 100)])
        #expect(RequirementJudge.phases(none).verdict == .skipped)
    }

    @Test func `R6 needs 99 percent validated in 100 ms`() {
        func verdict(_ validated: Int) -> Verdict {
            RequirementJudge.validation(
                metrics(validation: [("0.1", validated), ("+Inf", 100)])
            ).verdict
        }
        #expect(verdict(99) == .pass)
        #expect(verdict(98) == .fail)
    }

    @Test func `R7 counts a validation beyond 50 ms as kept when it timed out`() {
        func verdict(_ quick: Int, timeouts: Int?) -> Verdict {
            let counter = timeouts.map {
                #"hookline_signature_timeouts_total{policy="defer"} \#($0)"#
            }
            return RequirementJudge.signatureTimeout(
                metrics(validation: [("0.05", quick), ("+Inf", 100)], further: counter ?? "")
            ).verdict
        }
        #expect(verdict(99, timeouts: 0) == .pass)
        #expect(verdict(98, timeouts: 0) == .fail)
        #expect(verdict(90, timeouts: 9) == .pass)
        #expect(verdict(90, timeouts: 8) == .fail)
        #expect(verdict(100, timeouts: nil) == .skipped)
    }

    private func repeats(
        _ quick: Int, hits: Int?, answer: WebhookAnswer = .acknowledged
    ) -> RepeatFigures {
        let counters = hits.map {
            """
            hookline_validation_cache_requests_total{tier="memory",result="hit"} \($0 - 1)
            hookline_validation_cache_requests_total{tier="redis",result="hit"} 1
            hookline_validation_cache_requests_total{tier="redis",result="miss"} 50
            """
        }
        var repeats = AnswerCounts()
        for _ in 0..<99 { repeats.add(.acknowledged) }
        repeats.add(answer)
        return RepeatFigures(
            repeats: repeats,
            metrics: metrics(
                validation: [("0.03", quick), ("+Inf", 100)], further: counters ?? ""))
    }

    @Test func `R4 needs 99 percent of repetitions as hits, validated in 30 ms and acknowledged`() {
        func verdict(_ repeats: RepeatFigures?) -> Verdict {
            RequirementJudge.cache(repeats).verdict
        }
        #expect(verdict(repeats(99, hits: 99)) == .pass)
        #expect(verdict(repeats(98, hits: 99)) == .fail)
        #expect(verdict(repeats(99, hits: 98)) == .fail)
        #expect(verdict(repeats(99, hits: 99, answer: unavailable)) == .fail)
        #expect(verdict(repeats(100, hits: nil)) == .skipped)
        #expect(verdict(nil) == .skipped)
        let nothing = RepeatFigures(repeats: AnswerCounts(), metrics: .unknown("gone"))
        #expect(verdict(nothing) == .skipped)
    }

    private func answers(_ count: Int, _ answer: WebhookAnswer, _ one: WebhookAnswer? = nil)
        -> AnswerCounts
    {
        var counts = AnswerCounts()
        for _ in 0..<(one == nil ? count : count - 1) { counts.add(answer) }
        if let one { counts.add(one) }
        return counts
    }

    @Test func `R3 needs every message on both paths acknowledged`() {
        func verdict(_ given: AnswerCounts, _ other: AnswerCounts?) -> Verdict {
            RequirementJudge.paths(ProbeFigures(given: given, other: other)).verdict
        }
        let all = answers(5, .acknowledged)
        let missing = answers(5, .acknowledged, .other(status: 404, contentType: ""))
        #expect(verdict(all, all) == .pass)
        #expect(verdict(all, missing) == .fail)
        #expect(verdict(missing, all) == .fail)
        #expect(verdict(all, answers(5, .other(status: 200, contentType: "text/plain"))) == .fail)
        #expect(verdict(all, nil) == .skipped)
        #expect(RequirementJudge.paths(nil).verdict == .skipped)
    }

    @Test func `R5 needs every genuine one acknowledged and every forged one refused with 403`() {
        let forbidden = WebhookAnswer.other(status: 403, contentType: "")
        var good = ProbeFigures(given: answers(5, .acknowledged))
        for forgery in ProbeFigures.Forgery.allCases {
            good.forged[forgery] = answers(5, forbidden)
        }
        #expect(RequirementJudge.signatures(good).verdict == .pass)
        for forgery in ProbeFigures.Forgery.allCases {
            for answer in [.acknowledged, unavailable, .none("gone")] {
                var bad = good
                bad.forged[forgery] = answers(5, forbidden, answer)
                let judgement = RequirementJudge.signatures(bad)
                #expect(judgement.verdict == .fail)
                #expect(judgement.measured.contains("4 of 5 refused \(forgery.words)"))
            }
            var unasked = good
            unasked.forged[forgery] = nil
            #expect(RequirementJudge.signatures(unasked).verdict == .fail)
        }
        good.given = answers(5, .acknowledged, forbidden)
        #expect(RequirementJudge.signatures(good).verdict == .fail)
        #expect(RequirementJudge.signatures(nil).verdict == .skipped)
    }

    @Test func `without metrics what only the server knows is skipped with the reason`() {
        let evidence = RequirementJudge.Evidence(
            single: single(1), load: load(100, 0, (.unsent, 1)),
            loadMetrics: .unknown("no metrics here"), probes: nil, repeats: nil)
        let judgements = RequirementJudge.judgements(evidence)
        #expect(judgements.map(\.requirement) == ["R1", "R1", "R2", "R3", "R4", "R5", "R6", "R7"])
        #expect(judgements.prefix(2).allSatisfy { $0.verdict == .pass })
        #expect(judgements.dropFirst(2).allSatisfy { $0.verdict == .skipped })
        for number in ["R2", "R6", "R7"] {
            let line = judgements.first { $0.requirement == number }
            #expect(line?.measured == "no metrics here")
        }
    }
}
