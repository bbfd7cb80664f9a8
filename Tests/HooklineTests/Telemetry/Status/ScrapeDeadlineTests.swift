import MicroHTTP
import POSIX
import Testing

@testable import Hookline

/// How long a scraper waits, by its `X-Prometheus-Scrape-Timeout-Seconds`.
@Suite struct ScrapeDeadlineTests {
    /// Whether the time is over for a request that began 50 seconds ago.
    private func isOver(_ timeout: String?) -> Bool {
        var fields = HTTPFields()
        if let timeout {
            fields.append(
                name: "x-prometheus-scrape-timeout-seconds".utf8, value: timeout.utf8)
        }
        let request = HTTPRequest(
            method: .get, target: [0x2f], fields: fields, body: [],
            startedNanoseconds: MonotonicClock.now() - 50_000_000_000)
        return ScrapeDeadline(request).isOver
    }

    @Test(arguments: ["0.000000001", "5", "10", "49.9", "5e1", "50"])
    func `the time of a scraper runs from its request line`(timeout: String) {
        #expect(isOver(timeout))
    }

    @Test(arguments: [
        "1000", "86399.9", "86400", "1e300", "inf", "nan", "0", "-1", "soon", "", nil,
    ])
    func `a time that is not over, or is none, ends nothing`(timeout: String?) {
        #expect(!isOver(timeout))
    }
}
