import Testing

@testable import Prometheus

/// Both text formats take what Go's `ParseFloat` reads; OpenMetrics' canonical numbers are written
/// as Go's `%g` writes them (https://prometheus.io/docs/specs/om/open_metrics_spec/).
struct NumberTextTests {
    private func text(_ value: Double) -> String {
        var out: [UInt8] = []
        NumberText.append(value, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "-0"), (1, "1"), (-1, "-1"), (10, "10"), (100_000, "100000"),
        (123_456, "123456"), (999_999, "999999"), (1e6, "1e+06"), (1_234_567, "1.234567e+06"),
        (1e10, "1e+10"), (1e21, "1e+21"), (1e100, "1e+100"), (0.5, "0.5"), (0.1, "0.1"),
        (12.5, "12.5"), (100.25, "100.25"), (0.001, "0.001"), (0.0001, "0.0001"),
        (0.000123, "0.000123"), (1e-5, "1e-05"), (1.5e-10, "1.5e-10"),
        (0.1 + 0.2, "0.30000000000000004"), (1_676_041_472.58, "1.67604147258e+09"),
        (18_446_744_073_709_551_615.0, "1.8446744073709552e+19"),
        (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func `a number is written as Go writes it`(value: Double, expected: String) {
        #expect(text(value) == expected)
    }

    @Test func `a number reads back as the same value`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(Double(text(value)) == value)
        }
    }

    @Test(arguments: [
        (0, "0"), (9, "9"), (10, "10"), (1_000_000, "1000000"),
        (UInt64.max, "18446744073709551615"),
    ])
    func `a counted number is written with all its digits`(value: UInt64, expected: String) {
        var out = Array("x ".utf8)
        NumberText.append(value, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == "x " + expected)
    }

    @Test(arguments: [
        (UInt128(0), 9, "0"), (1, 9, "1e-09"), (100_000, 9, "0.0001"), (1_500_000_000, 9, "1.5"),
        (1_000_000_000, 9, "1"), (123_456_789_012, 9, "123.456789012"),
        (1_000_000_000_000_001, 9, "1.000000000000001e+06"), (1000, 0, "1000"),
        (UInt128.max, 0, "3.40282366920938463463374607431768211455e+38"),
    ])
    func `a decimal number is written exactly`(value: UInt128, scale: Int, expected: String) {
        var out: [UInt8] = []
        NumberText.append(value, scale: scale, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (1.0, "1.0"), (3, "3.0"), (15, "15.0"), (0.001, "0.001"), (0.0025, "0.0025"),
        (86_400, "86400.0"), (1024, "1024.0"), (1e6, "1e+06"), (16_777_216, "1.6777216e+07"),
        (.infinity, "+Inf"),
    ])
    func `a bound has a point or an exponent`(value: Double, expected: String) {
        #expect(String(decoding: NumberText.bound(value), as: UTF8.self) == expected)
    }
}
