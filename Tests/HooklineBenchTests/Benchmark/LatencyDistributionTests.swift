import Foundation
import Testing

@testable import HooklineBench

@Suite struct LatencyDistributionTests {
    /// The nearest-rank percentile, by sorting; in thousandths, so that no rank is rounded.
    private func percentile(_ times: [UInt64], _ thousandths: Int) -> UInt64 {
        let rank = (thousandths * times.count + 999) / 1000
        return times.sorted()[max(0, rank - 1)]
    }

    @Test(arguments: [1, 2, 99, 100, 101, 5_000])
    func `percentiles agree with sorting within a thousandth`(count: Int) {
        // From a microsecond to a minute, evenly on a logarithmic scale.
        let times = (0..<count).map { _ in
            UInt64(exp(Double.random(in: log(1e3)...log(6e10))))
        }
        var distribution = LatencyDistribution()
        for time in times { distribution.record(nanoseconds: time) }
        #expect(distribution.count == count)
        for thousandths in [10, 500, 900, 950, 990, 999] {
            let exact = percentile(times, thousandths)
            let said = distribution.percentile(Double(thousandths) / 10)
            // The unit of the histogram's lowest values is a microsecond.
            #expect(
                said >= exact && said - exact <= max(1000, exact / 1000),
                "\(thousandths) of 1000: \(said) for \(exact)")
        }
        #expect(distribution.longest == times.max())
        #expect(distribution.percentile(100) == times.max())
    }

    @Test func `there is no percentile of nothing and a time beyond the scale counts`() {
        var distribution = LatencyDistribution()
        #expect(distribution.count == 0)
        #expect(distribution.percentile(99) == 0)
        distribution.record(nanoseconds: .max)
        distribution.record(nanoseconds: 0)
        #expect(distribution.count == 2)
        #expect(distribution.longest == .max)
        #expect(distribution.percentile(99) >= 7_200_000_000_000)
    }

    @Test func `numbers are written as people read them`() {
        #expect(FigureText.count(0) == "0")
        #expect(FigureText.count(999) == "999")
        #expect(FigureText.count(60_000) == "60,000")
        #expect(FigureText.count(1_234_567) == "1,234,567")
        #expect(FigureText.duration(0) == "0.00 ms")
        #expect(FigureText.duration(854_999) == "0.85 ms")
        #expect(FigureText.duration(9_994_999) == "9.99 ms")
        #expect(FigureText.duration(9_995_000) == "10.0 ms")
        #expect(FigureText.duration(99_950_000) == "100 ms")
        #expect(FigureText.duration(712_400_000) == "712 ms")
        #expect(FigureText.duration(999_500_000) == "1.00 s")
        #expect(FigureText.duration(1_250_000_000) == "1.25 s")
    }
}
