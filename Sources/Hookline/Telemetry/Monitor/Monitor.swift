import POSIX
import Prometheus
import Synchronization

/// Watches the process from within: once a second it judges the last minute against the
/// configured thresholds and says in the log when a verdict changes.
///
/// The path of a request only counts (`MonitorCells`); everything else happens on the timer
/// thread. Definitions are those of `alerts/`, so that this and a rule of Prometheus agree.
final class Monitor: Sendable {
    /// What it takes from the configuration.
    struct Options: Sendable {
        var windowNanoseconds: UInt64
        var warningSeconds: Double
        var criticalSeconds: Double
        var validationFailureRatio: Double
    }

    /// What it knows after a look.
    struct Snapshot: Sendable {
        var figures: MonitorFigures
        /// Warning and critical response time, then validation failures.
        var verdicts: [MonitorVerdict]
        var history: MonitorHistory
    }

    private struct State: Sendable {
        var window: MonitorWindow
        var verdicts: [MonitorVerdict]
        var history: MonitorHistory
        var figures: MonitorFigures
    }

    /// How long a look stays true: when the timer thread hangs, its figures are absent.
    private static let staleNanoseconds: UInt64 = 5_000_000_000
    private static let intervalNanoseconds: UInt64 = 1_000_000_000

    /// What it was configured with.
    let options: Options
    private let metrics: ReceiverMetrics
    private let log: Log
    private let usage: @Sendable () -> ProcessUsage
    private let nextLook: Atomic<UInt64>
    private let state: Mutex<State>

    /// A monitor whose window begins now; `usage` reads what the process uses.
    init(
        _ options: Options, metrics: ReceiverMetrics, log: Log,
        nowNanoseconds: UInt64 = MonotonicClock.now(),
        usage: @escaping @Sendable () -> ProcessUsage = ProcessUsage.read
    ) {
        self.options = options
        self.metrics = metrics
        self.log = log
        self.usage = usage
        nextLook = Atomic(nowNanoseconds + Self.intervalNanoseconds)
        let beginning = MonitorReading(metrics, atNanoseconds: nowNanoseconds, usage: usage())
        var window = MonitorWindow(
            nanoseconds: options.windowNanoseconds, thresholds: metrics.monitorCells.thresholds,
            beginning: beginning)
        let figures = window.advance(to: beginning)
        state = Mutex(
            State(
                window: window, verdicts: Self.verdicts(options),
                history: MonitorHistory(beginning: beginning), figures: figures))
    }

    /// Looks if a second has passed since the last look. The timer thread.
    func tick(nowNanoseconds now: UInt64 = MonotonicClock.now()) {
        let due = nextLook.load(ordering: .relaxed)
        guard now >= due else { return }
        // Keeps the beat; after a stall it begins a new one.
        let next = due + Self.intervalNanoseconds
        nextLook.store(
            next > now ? next : now + Self.intervalNanoseconds, ordering: .relaxed)
        let reading = MonitorReading(metrics, atNanoseconds: now, usage: usage())
        let changed = state.withLock { state in
            let figures = state.window.advance(to: reading)
            state.figures = figures
            state.history.add(reading, figures)
            return Self.judge(&state.verdicts, figures)
        }
        for verdict in changed { log.write(line(verdict)) }
    }

    /// What the last look saw; nil when that was long ago. Any thread.
    func snapshot(nowNanoseconds now: UInt64 = MonotonicClock.now()) -> Snapshot? {
        state.withLock { state in
            guard now < state.figures.atNanoseconds + Self.staleNanoseconds else { return nil }
            return Snapshot(
                figures: state.figures, verdicts: state.verdicts, history: state.history)
        }
    }

    private static func verdicts(_ options: Options) -> [MonitorVerdict] {
        let window = options.windowNanoseconds
        return [
            MonitorVerdict(
                .responseTime, .warning, threshold: options.warningSeconds,
                windowNanoseconds: window),
            MonitorVerdict(
                .responseTime, .critical, threshold: options.criticalSeconds,
                windowNanoseconds: window),
            MonitorVerdict(
                .validationFailures, .error, threshold: options.validationFailureRatio,
                windowNanoseconds: window),
        ]
    }

    /// Judges all; returns those that changed.
    private static func judge(
        _ verdicts: inout [MonitorVerdict], _ figures: MonitorFigures
    ) -> [MonitorVerdict] {
        var changed: [MonitorVerdict] = []
        for index in verdicts.indices {
            let evidence = evidence(for: verdicts[index], figures)
            if verdicts[index].judge(evidence, nowNanoseconds: figures.atNanoseconds) {
                changed.append(verdicts[index])
            }
        }
        return changed
    }

    private static func evidence(
        for verdict: MonitorVerdict, _ figures: MonitorFigures
    ) -> MonitorVerdict.Evidence {
        switch verdict.alert {
        case .responseTime:
            MonitorVerdict.Evidence(
                value: figures.responseSeconds(.ninetyFifth),
                isAbove: figures.isResponseTimeAbove(
                    verdict.severity == .warning ? .warning : .critical),
                samples: figures.genuine)
        case .validationFailures:
            MonitorVerdict.Evidence(
                value: figures.validationFailureRatio,
                isAbove: (figures.validationFailureRatio ?? 0) > verdict.threshold,
                samples: figures.judgedValidations)
        }
    }

    private func line(_ verdict: MonitorVerdict) -> LogLine {
        let isTime = verdict.alert == .responseTime
        let subject = isTime ? "p95 of the response time" : "ratio of failed validations"
        let line =
            verdict.isActive
            ? LogLine(verdict.severity.logLevel, "alert begins: \(subject) above its threshold")
            : LogLine(.info, "alert ends: \(subject) not above its threshold any more")
        var complete = line.with("alert", verdict.alert.rawValue)
            .with("severity", verdict.severity.rawValue)
        if let value = verdict.evidence.value {
            complete = complete.with(isTime ? "value_s" : "value_ratio", value)
        }
        return complete.with(isTime ? "threshold_s" : "threshold_ratio", verdict.threshold)
            .with("samples", verdict.evidence.samples)
            .with("window_s", nanoseconds: options.windowNanoseconds)
    }
}
