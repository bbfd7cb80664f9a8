import Testing

@testable import TwilioAPI

@Suite struct APIDateTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
        (951_782_400_000, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 +0000"),
        (1_795_883_040_000, "2026-11-28T16:24:00Z", "Sat, 28 Nov 2026 16:24:00 +0000"),
        (4_102_444_799_000, "2099-12-31T23:59:59Z", "Thu, 31 Dec 2099 23:59:59 +0000"),
    ])
    func `a moment is written and read in both forms`(moment: Int64, iso: String, rfc: String) {
        #expect(APIDate.text(milliseconds: moment) == iso)
        #expect(APIDate.text(milliseconds: moment + 999) == iso)
        #expect(APIDate.milliseconds(iso) == moment)
        #expect(APIDate.milliseconds(rfc) == moment)
    }

    @Test func `every day of two centuries comes back`() {
        for day in Int64(0)..<73_000 {
            let moment = day * 86_400_000
            #expect(APIDate.milliseconds(APIDate.text(milliseconds: moment)) == moment)
        }
    }

    @Test(arguments: [
        "", "now", "2026-11-28", "2026-13-01T00:00:00Z", "2026-11-28T24:00:00Z",
        "Sat, 28 Nov 2026 16:24:00 +0100", "Sat, 28 Foo 2026 16:24:00 +0000", "a b c d e +0000",
        "2026-11-28T16:24:00+",
    ])
    func `anything else is no moment`(text: String) {
        #expect(APIDate.milliseconds(text) == nil)
    }
}
