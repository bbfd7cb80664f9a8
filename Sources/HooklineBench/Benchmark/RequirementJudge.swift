/// Judges a run against R1 to R7 of docs/requirements.md, one line each, two for R1.
///
/// A deadline holds for every sample, a target for 99 % of them. What only the server knows is
/// read from its metrics; without them the line is skipped, never passed.
enum RequirementJudge {
    /// Everything that a run has shown.
    struct Evidence: Sendable {
        /// Messages one after another.
        var single: SingleFigures
        /// The concurrent load.
        var load: LoadFigures
        /// The server's metrics over the load.
        var loadMetrics: MetricsEvidence
        /// Paths and forgeries; nil when the run was ended before.
        var probes: ProbeFigures?
        /// Repetitions; nil when the run was ended before.
        var repeats: RepeatFigures?
    }

    /// Why a line was not reached.
    private static let interrupted = "the run was ended early"

    /// All lines, in order.
    static func judgements(_ evidence: Evidence) -> [Judgement] {
        [
            deadline(evidence.load, evidence.single), target(evidence.load),
            phases(evidence.loadMetrics), paths(evidence.probes), cache(evidence.repeats),
            signatures(evidence.probes), validation(evidence.loadMetrics),
            signatureTimeout(evidence.loadMetrics),
        ]
    }

    /// R1: every answer within 2 s.
    static func deadline(_ load: LoadFigures, _ single: SingleFigures) -> Judgement {
        let asks = "every answer within 2 s of the due time"
        let total = load.answers.total + single.answers.total
        let unanswered = total - load.answers.answered - single.answers.answered
        let late = load.answers.answered - load.withinDeadline
        let longest = max(load.response.longest, single.response.longest)
        let isLate = late > 0 || longest > RequirementLimits.response
        var words = "longest \(FigureText.duration(longest)) of \(FigureText.count(total))"
        if late > 0 { words += ", \(FigureText.count(late)) later" }
        if unanswered > 0 { words += ", \(FigureText.count(unanswered)) without an answer" }
        return .judged(
            "R1", asks, total > 0 && !isLate && unanswered == 0, words, shortfall: load.shortfall)
    }

    /// R1: the target of 500 ms.
    static func target(_ load: LoadFigures) -> Judgement {
        let asks = "99 % acknowledged within 500 ms of the due time"
        let total = load.answers.total
        let beyond = total - load.withinTarget
        var words = "99 % answered within \(FigureText.duration(load.response.percentile(99)))"
        if beyond > 0 {
            words +=
                ", \(FigureText.count(beyond)) of \(FigureText.count(total)) later or not"
                + " acknowledged"
        }
        let others = load.answers.othersInWords
        if !others.isEmpty { words += " (\(others))" }
        return .judged("R1", asks, load.meetsTarget, words, shortfall: load.shortfall)
    }

    /// R2: the first phases and their sum; the later ones are shown.
    static func phases(_ metrics: MetricsEvidence) -> Judgement {
        let asks = "99 % validated in 100 ms, committed in 200 ms"
        let missing = "phase and receipt histograms"
        let figure = metrics.figure(missing) { difference -> (ObservedTimes, ObservedTimes)? in
            guard let validation = phase("validation", difference),
                let receipt = difference.observed(MetricsDifference.Name.receipts)
            else { return nil }
            return (validation, receipt)
        }
        guard case .success((let validation, let receipt)) = figure else {
            return skipped("R2", asks, figure)
        }
        let isMet =
            keeps(validation, RequirementLimits.validation)
            && keeps(receipt, RequirementLimits.commit)
        return .judged(
            "R2", asks, isMet,
            "validated \(bound(validation)), committed \(bound(receipt))")
    }

    /// R3: both paths.
    static func paths(_ probes: ProbeFigures?) -> Judgement {
        let asks = "both WhatsApp paths acknowledge"
        guard let probes else { return .skipped("R3", asks, interrupted) }
        guard let other = probes.other else {
            return .skipped("R3", asks, "the URL has neither of the two")
        }
        let isMet = [probes.given, other].allSatisfy {
            $0.total > 0 && $0[.acknowledged] == $0.total
        }
        let others = [probes.given.othersInWords, other.othersInWords].filter { !$0.isEmpty }
        var words = "\(acknowledged(probes.given)) and \(acknowledged(other))"
        if !others.isEmpty { words += " (\(others.joined(separator: ", ")))" }
        return .judged("R3", asks, isMet, words)
    }

    /// R4: the cache.
    static func cache(_ repeats: RepeatFigures?) -> Judgement {
        let asks = "99 % of repetitions cached, validated in 30 ms"
        let name = MetricsDifference.Name.cacheRequests
        guard let repeats else { return .skipped("R4", asks, interrupted) }
        let total = repeats.repeats.total
        guard total > 0 else { return .skipped("R4", asks, "no message was stored first") }
        let figure = repeats.metrics.figure("validation cache requests") {
            difference -> (Int, ObservedTimes)? in
            guard let hits = difference.growth(name, ["result": "hit"]),
                let validation = phase("validation", difference)
            else { return nil }
            return (hits, validation)
        }
        guard case .success((let hits, let validation)) = figure else {
            return skipped("R4", asks, figure)
        }
        let isMet =
            RequirementLimits.isTargetMet(min(hits, total), of: total)
            && keeps(validation, RequirementLimits.cachedValidation)
            && repeats.repeats[.acknowledged] == total
        var words = "\(hits) hits for \(total) repetitions, validated \(bound(validation))"
        let others = repeats.repeats.othersInWords
        if !others.isEmpty { words += " (\(others))" }
        return .judged("R4", asks, isMet, words)
    }

    /// R5: genuine and forged.
    static func signatures(_ probes: ProbeFigures?) -> Judgement {
        let asks = "genuine acknowledged, forged refused with 403"
        guard let probes else { return .skipped("R5", asks, interrupted) }
        var isMet = probes.given.total > 0 && probes.given[.acknowledged] == probes.given.total
        var words = "\(acknowledged(probes.given)) genuine"
        for forgery in ProbeFigures.Forgery.allCases {
            let answers = probes.forged[forgery] ?? AnswerCounts()
            let refused = answers.count(ofStatus: 403)
            if answers.total > 0 && refused == answers.total { continue }
            isMet = false
            words += ", \(refused) of \(answers.total) refused \(forgery.words)"
        }
        if isMet {
            let forged = probes.forged.values.reduce(0) { $0 + $1.total }
            words += ", \(forged) of \(forged) forged refused"
        }
        return .judged("R5", asks, isMet, words)
    }

    /// R6: the whole validation.
    static func validation(_ metrics: MetricsEvidence) -> Judgement {
        let asks = "99 % validated in 100 ms"
        let figure = metrics.figure("phase histograms") { phase("validation", $0) }
        guard case .success(let validation) = figure else { return skipped("R6", asks, figure) }
        return .judged(
            "R6", asks, keeps(validation, RequirementLimits.validation),
            "validated \(bound(validation)), \(later(validation, RequirementLimits.validation))")
    }

    /// R7: what takes longer than 50 ms has gone to the fallback.
    static func signatureTimeout(_ metrics: MetricsEvidence) -> Judgement {
        let asks = "99 % validated in 50 ms or by the fallback"
        let name = MetricsDifference.Name.signatureTimeouts
        let figure = metrics.figure("signature timeouts") { difference -> (Int, ObservedTimes)? in
            guard let timeouts = difference.growth(name),
                let validation = phase("validation", difference)
            else { return nil }
            return (timeouts, validation)
        }
        guard case .success((let timeouts, let validation)) = figure else {
            return skipped("R7", asks, figure)
        }
        let within = validation.within(nanoseconds: RequirementLimits.signature)
        return .judged(
            "R7", asks,
            RequirementLimits.isTargetMet(
                min(within + timeouts, validation.count), of: validation.count),
            "\(FigureText.count(timeouts)) timed out, "
                + later(validation, RequirementLimits.signature))
    }
}

extension RequirementJudge {
    private static func phase(
        _ name: String, _ difference: MetricsDifference
    ) -> ObservedTimes? {
        difference.observed(MetricsDifference.Name.phases, ["phase": name])
    }

    private static func keeps(_ times: ObservedTimes, _ limit: UInt64) -> Bool {
        RequirementLimits.isTargetMet(times.within(nanoseconds: limit), of: times.count)
    }

    private static func bound(_ times: ObservedTimes) -> String {
        guard times.count > 0 else { return "never" }
        guard let bound = times.boundOf99Percent else { return "beyond every bucket" }
        return "within \(FigureText.duration(bound))"
    }

    private static func later(_ times: ObservedTimes, _ limit: UInt64) -> String {
        let later = times.count - times.within(nanoseconds: limit)
        return "\(FigureText.count(later)) of \(FigureText.count(times.count)) later"
    }

    private static func acknowledged(_ answers: AnswerCounts) -> String {
        "\(answers[.acknowledged]) of \(answers.total)"
    }

    private static func skipped<Figure>(
        _ requirement: String, _ asks: String, _ figure: Result<Figure, MissingFigure>
    ) -> Judgement {
        guard case .failure(let missing) = figure else {
            return .skipped(requirement, asks, "unknown")
        }
        return .skipped(requirement, asks, missing.reason)
    }
}
