import Foundation
import Prometheus
import Synchronization

@testable import Hookline

/// A monitor with a clock of the test's own, and all that it watches.
final class MonitorBench {
    let metrics: ReceiverMetrics
    let monitor: Monitor
    let options: Monitor.Options
    private let log: Log
    let beginning: UInt64 = 1_000_000_000_000
    private(set) var now: UInt64 = 1_000_000_000_000
    private let usage: UsageBox

    private final class UsageBox: Sendable {
        let value = Mutex(
            ProcessUsage(cpuSeconds: 0, residentBytes: 1_048_576, openDescriptors: 9))
    }

    init(
        windowSeconds: UInt64 = 60, warning: Double = 1, critical: Double = 3,
        failures: Double = 0.05
    ) throws {
        metrics = ReceiverMetrics(
            eventLoops: 2, thresholdSeconds: [],
            alerts: (UInt64(warning * 1e9), UInt64(critical * 1e9)))
        options = Monitor.Options(
            windowNanoseconds: windowSeconds * 1_000_000_000, warningSeconds: warning,
            criticalSeconds: critical, validationFailureRatio: failures)
        let lines = Lines()
        self.lines = lines
        log = Log(format: .json, level: .info, write: { lines.add($0) })
        try log.start()
        let usage = UsageBox()
        self.usage = usage
        monitor = Monitor(
            options, metrics: metrics, log: log, nowNanoseconds: now,
            usage: { usage.value.withLock { $0 } })
    }

    private let lines: Lines

    private final class Lines: Sendable {
        let bytes = Mutex<[UInt8]>([])
        func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }
    }

    /// The state after the last look.
    var seen: Monitor.Snapshot? { monitor.snapshot(nowNanoseconds: now) }

    /// Whether a verdict is active.
    func isActive(_ alert: MonitorAlert, _ severity: AlertSeverity) -> Bool? {
        seen?.verdicts.first { $0.alert == alert && $0.severity == severity }?.isActive
    }

    /// A genuine request took so long.
    func answer(
        nanoseconds: UInt64, _ outcome: WebhookOutcome = .accepted, times: Int = 1, shard: Int = 0
    ) {
        let timing = ReplyTiming(
            shard: shard, receive: 0, validation: nanoseconds / 2,
            acknowledgement: nanoseconds - nanoseconds / 2, response: 0)
        for _ in 0..<times { metrics.monitorCells.observe(timing, outcome: outcome) }
    }

    /// So many validations ended so.
    func validate(_ result: ValidationResult, times: UInt64) {
        metrics.validations[result].add(times, shard: 0)
    }

    /// Reads what the process uses.
    var usageNow: @Sendable () -> ProcessUsage {
        { [usage] in usage.value.withLock { $0 } }
    }

    /// The process used so much processor time up to now.
    func use(cpuSeconds: Double?) { usage.value.withLock { $0.cpuSeconds = cpuSeconds } }

    /// Time goes on, second by second; the monitor looks at each.
    func pass(seconds: Int) {
        for _ in 0..<seconds {
            now += 1_000_000_000
            monitor.tick(nowNanoseconds: now)
        }
    }

    /// Time goes on without a look.
    func stall(nanoseconds: UInt64) { now += nanoseconds }

    /// The monitor is asked to look, as the timer thread asks a hundred times a second.
    func tick() { monitor.tick(nowNanoseconds: now) }

    /// Ends the log and returns its lines, as JSON objects.
    func logged() throws -> [[String: Any]] {
        log.stop()
        let text = String(decoding: lines.bytes.withLock { $0 }, as: UTF8.self)
        return try text.split(separator: "\n").map { line in
            let read = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return read as? [String: Any] ?? [:]
        }
    }
}
