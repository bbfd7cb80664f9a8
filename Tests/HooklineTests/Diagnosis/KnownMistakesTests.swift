import OpenSSL
import Testing

@testable import Hookline

/// What one request taught, for the next ones. The time is told.
@Suite struct KnownMistakesTests {
    private let now: UInt64 = 1_000_000_000_000

    private func change(_ number: Int) -> MismatchChange {
        MismatchChange(base: Array("/\(number)".utf8))
    }

    @Test func `the change used last comes first, and stands there once`() {
        let known = KnownMistakes()
        for number in [1, 2, 3, 1] { known.note(change(number), at: now) }
        #expect(known.changes(at: now) == [1, 3, 2].map(change))
    }

    @Test func `as many are remembered as may be, and of one more the oldest goes`() {
        let known = KnownMistakes()
        for number in 1...KnownMistakes.countMax { known.note(change(number), at: now) }
        #expect(known.changes(at: now).count == KnownMistakes.countMax)
        known.note(change(0), at: now)
        #expect(known.changes(at: now).count == KnownMistakes.countMax)
        #expect(known.changes(at: now).first == change(0))
        #expect(!known.changes(at: now).contains(change(1)))
    }

    @Test func `what fitted nothing for its lifetime is forgotten, not before`() {
        let known = KnownMistakes()
        known.note(change(1), at: now)
        known.note(change(2), at: now + 1)
        #expect(known.changes(at: now + KnownMistakes.lifetimeNanoseconds).count == 2)
        #expect(known.changes(at: now + KnownMistakes.lifetimeNanoseconds + 1) == [change(2)])
        // A clock that another thread read before counts as now.
        known.note(change(3), at: now + 2 * KnownMistakes.lifetimeNanoseconds)
        #expect(known.changes(at: now) == [change(3), change(2)])
    }

    private func tokens() -> Tokens {
        var table = TokenTable()
        table.anyAccount = [HMACKey(Array("12345".utf8))]
        return Tokens(table)
    }

    /// A request whose path a proxy gave a prefix that Twilio did not sign.
    private func damaged() throws -> SimulatedRequest {
        var request = try SimulatedCall().signed()
        request.target = "/proxy" + request.target
        return request
    }

    @Test func `what explained one request mends the next without a search`() throws {
        let known = KnownMistakes()
        let repair = RequestRepair(.serving, tokens(), known: known)
        let request = try damaged().http
        #expect(repair.mend(request, isThorough: false)?.origin == nil)
        known.note(try #require(try damaged().explained().change))
        let mended = try #require(repair.mend(request, isThorough: false))
        #expect(mended.request.target == Array("/webhook/whatsapp".utf8))
    }

    @Test func `what repair found, explaining knows`() throws {
        let known = KnownMistakes()
        let repair = RequestRepair(.serving, tokens(), known: known)
        #expect(repair.mend(try damaged().http, isThorough: true)?.origin != nil)
        #expect(known.changes() == [try #require(try damaged().explained().change)])
    }

    /// Under a public URL another origin is no damage, and another's token never is.
    @Test func `a mistake that repair may not mend is no obstacle to one that it may`() throws {
        let known = KnownMistakes()
        let repair = RequestRepair(.serving, tokens(), known: known)
        let elsewhere = try SimulatedCall(origin: "https://other.example.com").signed()
        let origin = try #require(try elsewhere.explained().change)
        #expect(origin.origin != nil)
        #expect(repair.mend(elsewhere.http, isThorough: true)?.origin == nil)
        known.note(try #require(try damaged().explained().change))
        known.note(origin)
        #expect(repair.mend(elsewhere.http, isThorough: false)?.origin == nil)
        #expect(repair.mend(try damaged().http, isThorough: false)?.origin != nil)
    }
}
