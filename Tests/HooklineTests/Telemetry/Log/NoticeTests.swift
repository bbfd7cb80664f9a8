import Testing

@testable import Hookline

/// What is counted each time and said once a minute. The time is told.
@Suite struct NoticeTests {
    private static let second: UInt64 = 1_000_000_000

    private let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])

    /// What is logged of a notice that is noted at these seconds.
    private func lines(
        _ make: (Log) -> Notice, at seconds: [UInt64], _ details: (LogLine) -> LogLine = { $0 }
    ) throws -> [Substring] {
        let noted = Collected<UInt8>()
        let log = Log(format: .json, level: .info) { noted.add(Array($0)) }
        try log.start()
        let notice = make(log)
        for second in seconds { notice.note(at: (100 + second) * Self.second, details) }
        log.stop()
        return String(decoding: noted.all, as: UTF8.self).split(separator: "\n")
    }

    @Test func `it is said once a minute, and counted each time`() throws {
        let metrics = metrics
        let lines = try lines(
            { .twimlIgnored(metrics, $0) }, at: [0, 0, 59, 60, 61, 119, 120])
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.contains(#""level":"warning""#) })
        let name = "hookline_delivery_twiml_ignored_total"
        #expect(MetricsReading(metrics.registry, names: [name]).sum(name) == 7)
    }

    @Test func `each has a minute of its own, and details of each time`() throws {
        #expect(try lines({ Notice($0, "first") }, at: [0]).count == 1)
        let second = try lines({ Notice($0, "second") }, at: [0]) { $0.with("status", 414) }
        #expect(second.count == 1)
        #expect(second.first?.contains(#""status":414"#) == true)
        #expect(second.first?.contains("second") == true)
    }
}
