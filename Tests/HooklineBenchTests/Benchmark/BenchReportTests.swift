import Foundation
import Testing

@testable import HooklineBench

@Suite struct BenchReportTests {
    private func load(rate: Int, milliseconds: UInt64) -> LoadFigures {
        var figures = LoadFigures(LoadSchedule(startNanoseconds: 0, rate: rate, seconds: 1))
        figures.due = rate
        for _ in 0..<rate {
            figures.started(lateNanoseconds: 1_000, hasWaited: true, underWay: 3)
            figures.ended(
                .acknowledged, afterDueNanoseconds: milliseconds * 1_000_000,
                serviceNanoseconds: 1_000_000)
        }
        figures.elapsedNanoseconds = 1_000_000_000
        figures.busyNanoseconds = 250_000_000
        return figures
    }

    private func report() -> BenchReport {
        var report = BenchReport(
            options: BenchOptions(url: "http://127.0.0.1:8080/webhook/whatsapp"),
            metricsURL: "http://127.0.0.1:9464/metrics")
        var single = SingleFigures()
        single.add(.acknowledged, nanoseconds: 2_000_000)
        report.single = single
        report.load = load(rate: 100, milliseconds: 8)
        report.judgements = [.judged("R1", "a \"quoted\" target", true, "8.00 ms")]
        report.steps = [load(rate: 200, milliseconds: 9), load(rate: 300, milliseconds: 900)]
        return report
    }

    @Test func `the JSON is one object on one line and says what the report says`() throws {
        let json = report().json
        #expect(json.hasSuffix("}\n") && json.split(separator: "\n").count == 1)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["passed"] as? Bool == true)
        #expect(object["interrupted"] as? Bool == false)
        #expect(object["highest_rate_held"] as? Int == 200)
        let single = object["single"] as? [String: Any]
        let times = single?["response_milliseconds"] as? [String: Double]
        #expect(times?["p99"] == 2)
        #expect(times?["p999"] == 2)
        let load = try #require(object["load"] as? [String: Any])
        #expect(load["due"] as? Int == 100)
        #expect(load["answers_per_second"] as? Int == 100)
        #expect(load["waited_for_connection"] as? Int == 100)
        #expect(load["generator_busy_ratio"] as? Double == 0.25)
        #expect(load["held"] as? Bool == true)
        #expect((load["response_milliseconds"] as? [String: Double])?["max"] == 8)
        let answers = load["answers"] as? [[String: Any]]
        #expect(answers?.first?["answer"] as? String == "200 text/xml")
        let checks = object["checks"] as? [[String: Any]]
        #expect(checks?.first?["asks"] as? String == "a \"quoted\" target")
        #expect(checks?.first?["verdict"] as? String == "pass")
        let steps = object["benchmark"] as? [[String: Any]]
        #expect(steps?.map { $0["held"] as? Bool } == [true, false])
    }

    @Test func `a failure or an early end is no success, a line that was skipped is none either`() {
        var report = report()
        #expect(report.hasPassed)
        report.judgements.append(.skipped("R4", "cache", "no metrics"))
        #expect(report.hasPassed)
        #expect(BenchText.end(report).contains("1 passed, 1 skipped"))
        report.isInterrupted = true
        #expect(!report.hasPassed)
        report.isInterrupted = false
        report.judgements.append(.judged("R3", "paths", false, "4 of 5"))
        #expect(!report.hasPassed)
        #expect(BenchText.end(report).contains("1 passed, 1 failed, 1 skipped"))
        report.judgements = []
        #expect(!report.hasPassed)
    }

    @Test func `the lines of the check are aligned`() {
        let text = BenchText.check([
            .judged("R1", "short", true, "one"), .judged("R2", "somewhat longer", false, "two"),
            .skipped("R3", "x", "three"),
        ])
        let lines = text.split(separator: "\n").dropFirst()
        #expect(
            Array(lines) == [
                "   PASS     R1  short            one", "   FAIL     R2  somewhat longer  two",
                "   SKIPPED  R3  x                three",
            ])
    }

    @Test func `as many kinds of answers as a server likes are counted under a bound`() {
        var counts = AnswerCounts()
        for status in 400..<500 { counts.add(.other(status: status, contentType: "x")) }
        #expect(counts.total == 100)
        #expect(counts.sorted.count == 33)
        #expect(counts.sorted.first?.count == 68)
    }

    @Test func `every bound of the options holds at n and not at n and one`() {
        func isFine(_ change: (inout BenchOptions) -> Void) -> Bool {
            var options = BenchOptions(url: "http://127.0.0.1:1/")
            change(&options)
            do {
                try options.check()
                return true
            } catch {
                return false
            }
        }
        #expect(isFine { $0.rate = 100_000 } && !isFine { $0.rate = 100_001 })
        #expect(isFine { $0.rate = 1 } && !isFine { $0.rate = 0 })
        #expect(isFine { $0.seconds = 3600 } && !isFine { $0.seconds = 3601 })
        #expect(isFine { $0.connections = 256 } && !isFine { $0.connections = 1025 })
        #expect(!isFine { $0.connections = 0 })
        #expect(isFine { ($0.rate, $0.seconds) = (2_000, 1_000) })
        #expect(!isFine { ($0.rate, $0.seconds) = (2_000, 1_001) })
        #expect(!isFine { $0.url = "ftp://127.0.0.1/" })
        #expect(!isFine { $0.opsURL = "127.0.0.1:9464" })
    }
}
