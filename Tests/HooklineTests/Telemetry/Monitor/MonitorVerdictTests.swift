import Testing

@testable import Hookline

/// When verdicts begin and end, and what the log says of it (R11, R12, R16).
@Suite struct MonitorVerdictTests {
    private let second: UInt64 = 1_000_000_000

    @Test func `R11 nineteen samples say nothing, twenty do`() throws {
        let bench = try MonitorBench()
        bench.answer(nanoseconds: 10 * second, times: 19)
        bench.validate(.invalidSignature, times: 19)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == false)
        #expect(bench.isActive(.responseTime, .critical) == false)
        #expect(bench.isActive(.validationFailures, .error) == false)
        bench.answer(nanoseconds: 10 * second)
        bench.validate(.invalidSignature, times: 1)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == true)
        #expect(bench.isActive(.responseTime, .critical) == true)
        #expect(bench.isActive(.validationFailures, .error) == true)
    }

    @Test(arguments: [(1, AlertSeverity.warning), (3, .critical)] as [(UInt64, AlertSeverity)])
    func `R11 a response time that equals a threshold is not above it`(
        seconds: UInt64, severity: AlertSeverity
    ) throws {
        let bench = try MonitorBench()
        bench.answer(nanoseconds: seconds * second, times: 20)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, severity) == false)
        #expect(bench.seen?.figures.responseSeconds(.ninetyFifth) == Double(seconds))
        // Two more of twenty-two are above: the 95th percentile is the 21st.
        bench.answer(nanoseconds: seconds * second + 1, times: 2)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, severity) == true)
        #expect(try #require(bench.seen?.figures.responseSeconds(.ninetyFifth)) > Double(seconds))
    }

    @Test func `R11 one late request of twenty is the 96th percentile, two are not`() throws {
        let bench = try MonitorBench()
        bench.answer(nanoseconds: 1000, times: 19)
        bench.answer(nanoseconds: 2 * second, times: 1)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == false)
        bench.answer(nanoseconds: 2 * second, times: 1)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == true)
        #expect(bench.isActive(.responseTime, .critical) == false)
    }

    @Test func `R11 one failure of twenty is 5 % and not above it, two of thirty-nine are`() throws
    {
        let bench = try MonitorBench()
        bench.validate(.valid, times: 19)
        bench.validate(.missingSignature, times: 1)
        bench.pass(seconds: 1)
        #expect(bench.seen?.figures.validationFailureRatio == 0.05)
        #expect(bench.isActive(.validationFailures, .error) == false)
        bench.validate(.valid, times: 18)
        bench.validate(.unknownAccount, times: 1)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.validationFailures, .error) == true)
    }

    @Test func `R11 refused requests are no samples of the response time`() throws {
        let bench = try MonitorBench()
        for outcome in [WebhookOutcome.refused, .malformed, .aborted] {
            bench.answer(nanoseconds: 10 * second, outcome, times: 100)
        }
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == false)
        #expect(bench.seen?.figures.responseSeconds(.median) == nil)
        bench.answer(nanoseconds: 10 * second, .unavailable, times: 20)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == true)
    }

    @Test func `R16 the thresholds are those of the configuration`() throws {
        let bench = try MonitorBench(warning: 0.002, critical: 0.004, failures: 0.5)
        bench.answer(nanoseconds: 3_000_000, times: 20)
        bench.validate(.valid, times: 10)
        bench.validate(.invalidSignature, times: 10)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == true)
        #expect(bench.isActive(.responseTime, .critical) == false)
        #expect(bench.isActive(.validationFailures, .error) == false)
    }

    @Test func `R12 a verdict ends a quarter of the window after its last reason`() throws {
        let bench = try MonitorBench(windowSeconds: 20)
        bench.answer(nanoseconds: 2 * second, times: 20)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == true)
        // The late ones leave the window after twenty seconds; five more pass.
        for _ in 0..<23 {
            bench.answer(nanoseconds: 1000, times: 1)
            bench.pass(seconds: 1)
            #expect(bench.isActive(.responseTime, .warning) == true)
        }
        bench.pass(seconds: 1)
        #expect(bench.isActive(.responseTime, .warning) == false)
    }

    @Test func `R12 a value around the threshold does not make a verdict flap`() {
        var verdict = MonitorVerdict(
            .responseTime, .warning, threshold: 1, windowNanoseconds: 20 * second)
        var changes: [Int] = []
        // Above for one second of five, twenty times; then never again.
        for now in 0..<120 {
            let isAbove = now < 100 && now % 5 == 0
            let evidence = MonitorVerdict.Evidence(
                value: isAbove ? 1.1 : 1, isAbove: isAbove, samples: 20)
            if verdict.judge(evidence, nowNanoseconds: UInt64(now) * second) {
                changes.append(now)
            }
        }
        #expect(changes == [0, 100])
    }

    @Test func `R12 without traffic a verdict ends`() throws {
        let bench = try MonitorBench(windowSeconds: 8)
        bench.validate(.invalidSignature, times: 100)
        bench.pass(seconds: 1)
        #expect(bench.isActive(.validationFailures, .error) == true)
        bench.pass(seconds: 10)
        #expect(bench.isActive(.validationFailures, .error) == false)
        #expect(bench.seen?.figures.validationFailureRatio == nil)
    }

    @Test func `R12 a change is one line with its figures`() throws {
        let bench = try MonitorBench(windowSeconds: 8)
        bench.answer(nanoseconds: 2 * second, times: 30)
        bench.validate(.valid, times: 15)
        bench.validate(.missingSignature, times: 5)
        bench.pass(seconds: 30)
        let lines = try bench.logged()
        #expect(lines.count == 4)
        let words = lines.map { line in
            ["level", "alert", "severity"].map { line[$0] as? String ?? "" }
        }
        #expect(
            words == [
                ["warning", "response_time", "warning"], ["error", "validation_failures", "error"],
                ["info", "response_time", "warning"], ["info", "validation_failures", "error"],
            ])
        let value = try #require(lines[0]["value_s"] as? Double)
        #expect(value >= 2 && value <= 2 * 17 / 16.0)
        #expect(lines[0]["threshold_s"] as? Double == 1)
        #expect(lines[0]["samples"] as? Int == 30 && lines[0]["window_s"] as? Double == 8)
        #expect(lines[1]["value_ratio"] as? Double == 0.25)
        #expect(lines[1]["threshold_ratio"] as? Double == 0.05)
        #expect(lines[1]["samples"] as? Int == 20)
        #expect((lines[0]["msg"] as? String)?.hasPrefix("alert begins: ") == true)
        #expect((lines[2]["msg"] as? String)?.hasPrefix("alert ends: ") == true)
        #expect(lines[2]["value_s"] == nil && lines[2]["samples"] as? Int == 0)
    }

    @Test func `the monitor keeps its beat after a late look, and begins a new one after a stall`()
        throws
    {
        let bench = try MonitorBench()
        var looks: [Int] = []
        // Looks are due at 1, 2, 3 s …; milliseconds since the beginning.
        for (at, isLook) in [
            (999, false), (1300, true), (1999, false), (2000, true), (5200, true), (6000, false),
            (6199, false), (6200, true), (7200, true),
        ] {
            bench.stall(nanoseconds: UInt64(at - (looks.last ?? 0)) * 1_000_000)
            looks.append(at)
            bench.tick()
            #expect((bench.seen?.figures.atNanoseconds == bench.now) == isLook, "at \(at) ms")
        }
    }

    @Test func `the window is as long as configured, once the process is old enough`() throws {
        let bench = try MonitorBench()
        for second in [1, 59, 60, 61, 100] as [UInt64] {
            bench.pass(seconds: Int(second - (bench.now - bench.beginning) / 1_000_000_000))
            let covered = bench.seen?.figures.coveredNanoseconds
            #expect(covered == min(second, 60) * 1_000_000_000, "after \(second) s")
        }
    }

    @Test func `the monitor looks once a second however often it is asked`() throws {
        let bench = try MonitorBench()
        for _ in 0..<500 {
            bench.stall(nanoseconds: 10_000_000)
            bench.tick()
        }
        #expect(bench.seen?.history.points.count == 5)
        bench.pass(seconds: 125)
        let points = try #require(bench.seen).history.points
        #expect(points.count == 120 && points.last?.atNanoseconds == bench.now)
    }
}
