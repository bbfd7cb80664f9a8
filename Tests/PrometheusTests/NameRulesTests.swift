import Testing

@testable import Prometheus

struct NameRulesTests {
    private func fault(
        _ kind: FamilyKind, _ name: String, help: String = "Help.", labels: LabelSets = .none,
        taken: Set<String> = []
    ) -> NameFault? {
        let description = FamilyDescription(name: name, help: help, kind: kind, labels: labels)
        return NameRules.fault(in: Family(description: description, values: .one), taken: taken)
    }

    @Test(arguments: [
        "hookline_queue_depth", "hookline_dead_letters", "process_max_fds", "a1_b2",
        "hookline_alert_validation_failure_threshold_ratio", "up",
    ])
    func `a good gauge name passes`(name: String) {
        #expect(fault(.gauge, name) == nil)
    }

    @Test(arguments: [
        "", "_a", "1a", "a__b", "a_", "camelCase", "a:b", "a-b", "a b", "é", "a\n",
    ])
    func `a name that is not words is refused`(name: String) {
        #expect(fault(.gauge, name) == .name)
    }

    @Test func `total is for counters and only for them`() {
        #expect(fault(.counter, "events_total") == nil)
        #expect(fault(.counter, "events") == .total)
        #expect(fault(.gauge, "events_total") == .total)
        #expect(fault(.histogram, "events_total") == .total)
    }

    @Test(arguments: ["a_bucket", "a_count", "a_sum", "a_info", "a_created"])
    func `a suffix that formats add is refused`(name: String) {
        #expect(fault(.gauge, name) == .reservedSuffix)
    }

    @Test(arguments: ["queue_gauge", "queue_histogram_bytes", "counter_bytes"])
    func `a type in a name is refused`(name: String) {
        #expect(fault(.gauge, name) == .typeInName)
    }

    @Test(arguments: ["delay_ms", "delay_milliseconds", "size_kb", "size_megabytes", "age_hours"])
    func `a unit that is not a base unit is refused`(name: String) {
        #expect(fault(.gauge, name) == .unit)
    }

    @Test func `an empty help is refused`() {
        #expect(fault(.gauge, "level", help: "") == .help)
    }

    @Test(arguments: ["le", "quantile", "__name", "Colour", "a-b", ""])
    func `a reserved or ill-formed label is refused`(label: String) {
        #expect(fault(.gauge, "level", labels: .product([(label, ["x"])])) == .label)
    }

    @Test func `labels and children must differ`() {
        let twice = LabelSets.product([("a", ["x"]), ("a", ["y"])])
        #expect(fault(.gauge, "level", labels: twice) == .repeatedLabel)
        #expect(fault(.gauge, "level", labels: .product([("a", ["x", "x"])])) == .repeatedChild)
        #expect(fault(.gauge, "level", labels: .product([("a", [])])) == .repeatedChild)
    }

    @Test func `a name that another family's samples have is refused`() {
        let histogram = FamilyDescription(
            name: "delay_seconds", help: "Help.", kind: .histogram, labels: .none)
        let taken = NameRules.claims(histogram)
        #expect(fault(.gauge, "delay_seconds", taken: taken) == .taken)
        #expect(fault(.counter, "delay_seconds_total", taken: taken) == .taken)
        #expect(fault(.gauge, "delay_seconds_more", taken: taken) == nil)
    }

    @Test(arguments: [
        ([1.0, 2.0], true), ([], true), ([1.0, 1.0], false), ([2.0, 1.0], false), ([0.0], false),
        ([-1.0], false), ([.infinity], false), ([.nan], false), ([1.5], false), ([1e300], false),
    ])
    func `bounds rise and are whole numbers`(bounds: [Double], expected: Bool) {
        #expect(NameRules.areGood(bounds, unit: .ones) == expected)
    }

    @Test func `bounds in seconds may be fractions that nanoseconds tell apart`() {
        #expect(NameRules.areGood([0.000_000_001, 0.5], unit: .seconds))
        #expect(!NameRules.areGood([0.000_000_001, 0.000_000_001_2], unit: .seconds))
    }
}
