import Testing

@testable import Hookline

/// The shares of a stop's time.
@Suite struct GracefulStopTests {
    @Test(arguments: [0, 1, 1_000_000_000, 5_000_000_000] as [UInt64])
    func `each step has its share, in the order of the steps`(_ total: UInt64) {
        let deadlines = GracefulStop.Deadlines(70, total)
        #expect(70 <= deadlines.webhooks && deadlines.webhooks <= deadlines.back)
        #expect(deadlines.back <= deadlines.operations && deadlines.operations <= deadlines.end)
        #expect(deadlines.end == 70 + total)
    }

    @Test func `of five seconds requests have three, and what is behind the reply one more`() {
        let deadlines = GracefulStop.Deadlines(0, 5_000_000_000)
        #expect(deadlines.webhooks == 3_000_000_000 && deadlines.back == 4_000_000_000)
        #expect(deadlines.operations == 4_500_000_000)
    }
}
