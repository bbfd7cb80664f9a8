import Testing

@testable import Hookline

@Suite struct RetryAfterTests {
    /// 1994-11-06T08:49:37Z, the date of RFC 9110's example.
    private let example: Int64 = 784_111_777_000

    @Test func `seconds and the date of RFC 9110 are read`() {
        #expect(RetryAfter.milliseconds("120", nowMilliseconds: 0) == 120_000)
        #expect(RetryAfter.milliseconds(" 0 ", nowMilliseconds: 5) == 0)
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(RetryAfter.milliseconds(date, nowMilliseconds: example - 7000) == 7000)
        #expect(RetryAfter.milliseconds(date, nowMilliseconds: example + 7000) == 0)
    }

    @Test(arguments: [
        "", "-1", "1.5", "1e3", "99999999999", "soon", "Sun, 06 Nov 1994",
        "06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
    ])
    func `anything else counts as absent`(text: String) {
        #expect(RetryAfter.milliseconds(text, nowMilliseconds: 0) == nil)
    }

    @Test func `no field is no wait`() {
        #expect(RetryAfter.milliseconds(nil, nowMilliseconds: 0) == nil)
    }
}
