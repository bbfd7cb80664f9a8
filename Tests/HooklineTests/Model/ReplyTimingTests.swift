import Prometheus
import Testing

@testable import Hookline

/// What an answered webhook leaves in the metrics.
@Suite struct ReplyTimingTests {
    private let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])

    /// Observes a webhook whose phases took so many milliseconds.
    private func observe(
        _ outcome: WebhookOutcome, receive: UInt64 = 0, validation: UInt64 = 0,
        acknowledgement: UInt64 = 0, response: UInt64 = 0
    ) {
        let context = ReplyContext(
            metrics: metrics, log: Log(format: .json, level: .critical), requestIDs: RequestIDs(),
            traces: TraceIDs(),
            cache: ValidationCache(entriesMax: 0, liveNanoseconds: 0),
            budgets: Budgets(
                validationNanoseconds: 100_000_000, acknowledgementNanoseconds: 500_000_000,
                responseNanoseconds: 2_000_000_000))
        let millisecond: UInt64 = 1_000_000
        context.observe(
            ReplyTiming(
                shard: 0, receive: receive * millisecond, validation: validation * millisecond,
                acknowledgement: acknowledgement * millisecond, response: response * millisecond),
            route: .sms, outcome: outcome)
    }

    @Test func `ids of requests count in hexadecimal digits`() {
        let ids = RequestIDs()
        let texts = (1...4100).map { _ in String(decoding: ids.next(), as: UTF8.self) }
        let prefix = texts[0].prefix(13)
        #expect(prefix.last == "-" && prefix.dropLast().allSatisfy(\.isHexDigit))
        #expect(texts == (1...4100).map { prefix + String($0, radix: 16) })
    }

    private func sum(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let name = "hookline_" + name
        return MetricsReading(metrics.registry, names: [name]).sum(name, labels)
    }

    @Test func `R2 each phase is observed as itself, and three of them make the duration`() {
        observe(.accepted, receive: 1, validation: 20, acknowledgement: 300, response: 4000)
        let phases = [
            "receive": 0.001, "validation": 0.02, "acknowledgement": 0.3, "response": 4,
            "background": 0,
        ]
        for (phase, seconds) in phases {
            #expect(
                sum("webhook_phase_duration_seconds_sum", ["phase": phase]) == seconds, "\(phase)")
        }
        #expect(
            sum("webhook_duration_seconds_sum", ["route": "sms", "outcome": "accepted"]) == 4.32)
        #expect(sum("webhook_receipt_duration_seconds_sum") == 0.32)
    }

    @Test(arguments: WebhookOutcome.allCases)
    func `R1 a receipt is that of what was stored, now or before`(outcome: WebhookOutcome) {
        observe(outcome, validation: 1)
        let isStored = [.accepted, .duplicate, .deferred].contains(outcome)
        #expect(sum("webhook_receipt_duration_seconds_count") == (isStored ? 1 : 0))
        #expect(sum("webhook_duration_seconds_count", ["outcome": outcome.rawValue]) == 1)
        #expect(sum("webhook_duration_seconds_count") == 1)
    }

    @Test func `a budget is exceeded above it, not at it, and by nothing but its own time`() {
        let cases: [(budget: String, validation: UInt64, acknowledgement: UInt64, response: UInt64)]
        cases = [
            ("none", 100, 400, 1500), ("validation", 101, 0, 0),
            ("acknowledgement", 100, 401, 0), ("response", 0, 500, 1501),
        ]
        let budgets = ["validation", "acknowledgement", "response"]
        for (count, one) in cases.enumerated() {
            observe(
                .accepted, receive: 9000, validation: one.validation,
                acknowledgement: one.acknowledgement, response: one.response)
            for (place, budget) in budgets.enumerated() {
                let exceeded = sum("budget_exceeded_total", ["budget": budget])
                #expect(exceeded == (place < count ? 1 : 0), "\(one.budget): \(budget)")
            }
        }
    }
}
