import Prometheus

/// What happened within the window, by the definitions of the alerting rules.
struct MonitorFigures: Sendable {
    /// When the window ends: monotonic nanoseconds.
    let atNanoseconds: UInt64
    /// How much time it covers: the configured length, up to a sixtieth more, or less while the
    /// process is younger than that.
    let coveredNanoseconds: UInt64
    /// Response times of genuine requests.
    let response: MonitorDistribution
    /// Times of each phase of genuine requests, in the order of `WebhookPhase.allCases`.
    let phases: [MonitorDistribution]
    /// Requests in the order of `WebhookOutcome.allCases`.
    let outcomes: [UInt64]
    /// Validations in the order of `ValidationResult.allCases`.
    let validations: [UInt64]
    /// Lookups in the validation cache, as in `MonitorReading`.
    let cache: [UInt64]
    /// Attempts to deliver.
    let attempts: MonitorAttempts
    /// Errors in the order of `ErrorType.allCases`.
    let errors: [UInt64]
    /// CPU seconds that were used for each second; nil if that cannot be read.
    let cpuSecondsPerSecond: Double?
    /// What the process uses at the window's end.
    let usage: ProcessUsage

    /// Genuine requests above the warning and the critical threshold.
    private let late: [UInt64]
    private let thresholds: [UInt64]

    /// The difference of two readings.
    init(
        from old: MonitorReading, to new: MonitorReading,
        thresholds: (warning: UInt64, critical: UInt64)
    ) {
        atNanoseconds = new.atNanoseconds
        coveredNanoseconds = new.atNanoseconds - min(old.atNanoseconds, new.atNanoseconds)
        response = MonitorDistribution(from: old.cells.response, to: new.cells.response)
        phases = zip(old.cells.phases, new.cells.phases).map {
            MonitorDistribution(from: $0, to: $1)
        }
        outcomes = Self.difference(old.cells.outcomes, new.cells.outcomes)
        late = Self.difference(old.cells.late, new.cells.late)
        validations = Self.difference(old.validations, new.validations)
        cache = Self.difference(old.cache, new.cache)
        errors = Self.difference(old.errors, new.errors)
        attempts = MonitorAttempts(
            succeeded: new.attempts.succeeded - old.attempts.succeeded,
            failed: new.attempts.failed - old.attempts.failed)
        usage = new.usage
        self.thresholds = [thresholds.warning, thresholds.critical]
        if let before = old.usage.cpuSeconds, let now = new.usage.cpuSeconds,
            coveredNanoseconds > 0
        {
            cpuSecondsPerSecond = max(0, now - before) / (Double(coveredNanoseconds) / 1e9)
        } else {
            cpuSecondsPerSecond = nil
        }
    }

    /// Requests of one outcome.
    subscript(_ outcome: WebhookOutcome) -> UInt64 { outcomes[outcome.place] }

    /// Genuine requests: the samples of the response time.
    var genuine: UInt64 { response.total }

    /// A percentile of the response time in seconds, nil without samples: see
    /// `MonitorDistribution.quantile`, and never on the wrong side of a threshold.
    func responseSeconds(_ percentile: WindowPercentile) -> Double? {
        guard var nanoseconds = response.quantile(hundredths: percentile.hundredths) else {
            return nil
        }
        for (threshold, late) in zip(thresholds, late)
        where !isAbove(late: late, percentile) {
            nanoseconds = min(nanoseconds, threshold)
        }
        return Double(nanoseconds) / 1e9
    }

    /// True when the 95th percentile is above a threshold, exactly.
    func isResponseTimeAbove(_ severity: ResponseTimeSeverity) -> Bool {
        isAbove(late: late[severity == .warning ? 0 : 1], .ninetyFifth)
    }

    /// Genuine requests that were answered 200; nil without genuine requests.
    var successRatio: Double? {
        let served = self[.accepted] + self[.duplicate] + self[.deferred]
        let all = served + self[.unavailable]
        return all > 0 ? Double(served) / Double(all) : nil
    }

    /// Validations that ended in a verdict: the samples of the ratio of failures.
    var judgedValidations: UInt64 { validated(.valid) + failedValidations }

    /// Validations that failed.
    var failedValidations: UInt64 {
        ValidationResult.allCases.reduce(0) { $0 + ($1.isFailure ? validated($1) : 0) }
    }

    /// Failed validations to those that ended in a verdict; nil without the latter.
    var validationFailureRatio: Double? {
        judgedValidations > 0 ? Double(failedValidations) / Double(judgedValidations) : nil
    }

    /// So many events as a rate.
    func perSecond(_ count: UInt64) -> Double? {
        coveredNanoseconds > 0 ? Double(count) / (Double(coveredNanoseconds) / 1e9) : nil
    }

    private func validated(_ result: ValidationResult) -> UInt64 {
        zip(ValidationResult.allCases, validations).first { $0.0 == result }?.1 ?? 0
    }

    private func isAbove(late: UInt64, _ percentile: WindowPercentile) -> Bool {
        guard genuine > 0 else { return false }
        let rank = MonitorDistribution.rank(hundredths: percentile.hundredths, of: genuine)
        return genuine - min(late, genuine) < rank
    }

    private static func difference(_ old: [UInt64], _ new: [UInt64]) -> [UInt64] {
        zip(new, old).map { $0 &- $1 }
    }
}
