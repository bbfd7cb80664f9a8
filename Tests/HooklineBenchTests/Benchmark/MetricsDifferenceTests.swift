import Testing

@testable import HooklineBench

@Suite struct MetricsDifferenceTests {
    private func page(_ text: String) -> MetricsPage {
        MetricsPage(text, names: MetricsDifference.names)
    }

    private func difference(_ before: String, _ after: String) -> MetricsDifference {
        MetricsDifference(before: page(before), after: page(after))
    }

    @Test func `labels are read in any order and with anything in them`() {
        let page = page(
            #"""
            # HELP hookline_validations_total Validations
            # TYPE hookline_validations_total counter
            hookline_validations_total{result="valid",other="a\"b\\c\nd,}="} 3
            hookline_validations_total{ other = "x" } 9
            hookline_validations_total{other="y", result="valid"} 4 1700000000000
            hookline_validations_total_of_others 5
            hookline_webhook_receipt_duration_seconds_bucket{le="+Inf"} 1e+06
            """#)
        #expect(page.sum("hookline_validations_total", ["result": "valid"]) == 7)
        let odd = page.samples("hookline_validations_total", ["result": "valid"]).first
        #expect(odd?.labels["other"] == "a\"b\\c\nd,}=")
        #expect(page.sum("hookline_webhook_receipt_duration_seconds_bucket") == 1_000_000)
        #expect(page.sum("hookline_validations_total_of_others") == nil)
        #expect(!page.has("hookline_signature_timeouts_total"))
    }

    @Test func `a malformed line is left out`() {
        let page = page(
            """
            hookline_validations_total
            hookline_validations_total{result="valid
            hookline_validations_total{result=valid} 3
            hookline_validations_total{result="valid"} three
            hookline_validations_total{result="valid"}
            hookline_validations_total{result="valid"} 2
            """)
        #expect(page.sum("hookline_validations_total") == 2)
    }

    @Test func `a counter's growth is the difference, unknown when it is absent or went back`() {
        let name = MetricsDifference.Name.validations
        let one = #"hookline_validations_total{result="valid"} 10"#
        let two = one + "\n" + #"hookline_validations_total{result="malformed"} 5"#
        #expect(difference(one, two).growth(name) == 5)
        #expect(difference(one, two).growth(name, ["result": "valid"]) == 0)
        #expect(difference("", two).growth(name) == 15)
        #expect(difference(two, one).growth(name) == nil)
        #expect(difference(one, "").growth(name) == nil)
    }

    private static let name = "hookline_webhook_phase_duration_seconds_bucket"
    private static func buckets(_ counts: [(String, Int)], phase: String = "validation") -> String {
        counts.map { #"\#(name){phase="\#(phase)",le="\#($0.0)"} \#($0.1)"# }
            .joined(separator: "\n")
    }

    @Test func `times between two scrapes are counted by bucket, whatever the bounds' spelling`() {
        let before = Self.buckets([("0.05", 10), ("0.1", 20), ("1", 25), ("+Inf", 25)])
        let after =
            Self.buckets([("0.05", 109), ("0.1", 120), ("1.0", 125), ("+Inf", 126)])
            + "\n" + Self.buckets([("0.05", 7), ("+Inf", 9)], phase: "response")
        let times = difference(before, after).observed(
            MetricsDifference.Name.phases, ["phase": "validation"])
        #expect(times?.count == 101)
        #expect(times?.within(nanoseconds: 49_999_999) == 0)
        #expect(times?.within(nanoseconds: 50_000_000) == 99)
        #expect(times?.within(nanoseconds: 99_999_999) == 99)
        #expect(times?.within(nanoseconds: 100_000_000) == 100)
        #expect(times?.boundOf99Percent == 100_000_000)
        let none = difference(after, before).observed(
            MetricsDifference.Name.phases, ["phase": "validation"])
        #expect(none == nil)
        let absent = difference(before, after).observed(
            MetricsDifference.Name.phases, ["phase": "sleep"])
        #expect(absent == nil)
    }

    @Test func `metrics that did not count what was acknowledged are another server's`() {
        func evidence(_ count: Int, acknowledged: Int) -> MetricsEvidence {
            MetricsEvidence(
                before: .page(page(#"hookline_validations_total{result="valid"} 7"#)),
                after: .page(page(#"hookline_validations_total{result="valid"} \#(count)"#)),
                acknowledged: acknowledged)
        }
        guard case .known = evidence(17, acknowledged: 10) else {
            Issue.record("10 of 10 are all")
            return
        }
        guard case .unknown(let reason) = evidence(16, acknowledged: 10) else {
            Issue.record("9 of 10 are not all")
            return
        }
        #expect(reason.contains("9 webhooks of 10"))
        let unread = MetricsEvidence(
            before: .page(page("")), after: .unreadable("gone"), acknowledged: 1)
        guard case .unknown("gone") = unread else {
            Issue.record("an unreadable page says nothing")
            return
        }
    }
}
