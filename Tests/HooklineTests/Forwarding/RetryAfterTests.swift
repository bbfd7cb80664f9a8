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

    @Test func `as many digits are read as cannot overflow, and one more is none`() {
        #expect(RetryAfter.milliseconds("999999999", nowMilliseconds: 0) == 999_999_999_000)
        #expect(RetryAfter.milliseconds("1000000000", nowMilliseconds: 0) == nil)
        #expect(RetryAfter.milliseconds("\t7 ", nowMilliseconds: 0) == 7000)
    }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", nil),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799_000),
            ("Sat, 01 Jan 10000 00:00:00 GMT", nil),
            // A leap second is one of the next minute.
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800_000),
            ("Sat, 31 Dec 2016 23:59:61 GMT", nil), ("Sat, 31 Dec 2016 23:60:00 GMT", nil),
            ("Sat, 32 Dec 2016 00:00:00 GMT", nil),
            ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800_000),
        ] as [(String, Int64?)])
    func `the first and the last of each part of a date are read`(
        date: String, milliseconds: Int64?
    ) {
        #expect(RetryAfter.milliseconds(date, nowMilliseconds: 0) == milliseconds)
    }

    @Test func `a date that is now or over is no wait, one that comes is`() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        for (now, wait) in [(example - 1, Int64(1)), (example, 0), (example + 1, 0)] {
            #expect(RetryAfter.milliseconds(date, nowMilliseconds: now) == wait)
        }
    }

    @Test func `no field is no wait`() {
        #expect(RetryAfter.milliseconds(nil, nowMilliseconds: 0) == nil)
    }
}
