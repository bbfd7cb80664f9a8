import Testing

@testable import Hookline

@Suite struct DestinationPaceTests {
    private static let second: UInt64 = 1_000_000_000
    private let ok = AttemptOutcome(result: .success, status: 200)
    private let dead = AttemptOutcome(result: .connect, error: "no")

    private func pace(_ attemptsMax: Int = 64) -> DestinationPace {
        DestinationPace(DestinationPace.Options(attemptsMax: attemptsMax))
    }

    private func answer(_ status: Int, retryAfter seconds: Int64? = nil) -> AttemptOutcome {
        AttemptOutcome(
            result: AttemptResult(status: status), status: status,
            retryAfterMilliseconds: seconds.map { $0 * 1000 })
    }

    /// A pace that has seen the destination go away at 0.
    private func away(_ attemptsMax: Int = 64) -> DestinationPace {
        var pace = pace(attemptsMax)
        for _ in 0..<8 { _ = pace.ended(dead, at: 0) }
        return pace
    }

    @Test func `a destination is away at the eighth failure in a row, and not before`() {
        var pace = pace()
        for _ in 0..<7 { #expect(pace.ended(dead, at: 0) == nil) }
        _ = pace.ended(ok, at: 0)
        for _ in 0..<7 { #expect(pace.ended(dead, at: 0) == nil) }
        #expect(pace.room(at: 0) == 64)
        #expect(pace.ended(dead, at: 0) == .away)
        #expect(pace.room(at: 0) == 0 && pace.nextNanoseconds(after: 0) == 50_000_000)
        #expect(pace.room(at: 50_000_000) == 1)
    }

    @Test func `single attempts come at longer and longer pauses, up to a second`() {
        var pace = away()
        var now: UInt64 = 0
        var pauses: [UInt64] = []
        for _ in 0..<7 {
            let next = pace.nextNanoseconds(after: now) ?? now
            pauses.append((next - now) / 1_000_000)
            now = next
            #expect(pace.room(at: now) == 1)
            #expect(pace.ended(dead, at: now) == nil)
        }
        #expect(pauses == [50, 100, 200, 400, 800, 1000, 1000])
    }

    @Test func `one that answers 500 is asked again soon: it may be this message`() {
        var pace = pace()
        for _ in 0..<31 { #expect(pace.ended(answer(500), at: 0) == nil) }
        #expect(pace.room(at: 0) == 64)
        #expect(pace.ended(answer(500), at: 0) == .away)
        var now: UInt64 = 0
        for _ in 0..<9 {
            #expect(pace.nextNanoseconds(after: now) == now + 50_000_000)
            now += 50_000_000
            _ = pace.ended(answer(500), at: now)
        }
    }

    @Test func `attempts that began before the first single one do not lengthen the pause`() {
        var pace = away()
        for _ in 0..<50 { _ = pace.ended(dead, at: 1_000_000) }
        #expect(pace.nextNanoseconds(after: 1_000_000) == 50_000_000)
    }

    @Test func `the pace doubles with each round of successes, up to its limit`() {
        var pace = away(16)
        let now = 2 * Self.second
        #expect(pace.ended(ok, at: now) == .back)
        var rooms: [Int] = []
        for _ in 0..<5 {
            let room = pace.room(at: now)
            rooms.append(room)
            for _ in 0..<room { #expect(pace.ended(ok, at: now) == nil) }
        }
        #expect(rooms == [2, 4, 8, 16, 16])
    }

    @Test func `a failure on the way up halves the pace, and one at the bottom ends it`() {
        var pace = away()
        let now = Self.second
        for _ in 0..<7 { _ = pace.ended(ok, at: now) }
        #expect(pace.room(at: now) == 8)
        #expect(pace.ended(dead, at: now) == nil)
        #expect(pace.room(at: now) == 4)
        for _ in 0..<2 { #expect(pace.ended(dead, at: now) == nil) }
        #expect(pace.room(at: now) == 1)
        #expect(pace.ended(dead, at: now) == .away)
    }

    @Test func `messages that half of the time end in a 500 do not slow the others`() {
        var pace = away()
        let now = Self.second
        for _ in 0..<64 {
            _ = pace.ended(ok, at: now)
            _ = pace.ended(answer(500), at: now)
        }
        #expect(pace.room(at: now) == 64)
    }

    @Test func `Retry-After holds the destination, and one attempt follows it`() {
        var pace = pace()
        #expect(
            pace.ended(answer(429, retryAfter: 30), at: 0) == .held(nanoseconds: 30 * Self.second))
        // What was under way ends, well or not.
        #expect(pace.ended(ok, at: Self.second) == nil)
        #expect(pace.ended(answer(429, retryAfter: 30), at: Self.second) == nil)
        let end = 31 * Self.second
        #expect(pace.room(at: end - 1) == 0 && pace.nextNanoseconds(after: Self.second) == end)
        #expect(pace.isHeld(at: end - 1) && !pace.isHeld(at: end))
        #expect(pace.room(at: end) == 1)
        #expect(pace.ended(ok, at: end) == .back)
        #expect(pace.room(at: end) == 2)
    }

    @Test func `Retry-After is bounded, whatever it says`() {
        for asked: Int64 in [3600, 3601, .max / 1000] {
            var pace = pace()
            _ = pace.ended(answer(503, retryAfter: asked), at: 0)
            #expect(pace.nextNanoseconds(after: 0) == 3600 * Self.second)
        }
        var pace = pace()
        #expect(pace.ended(answer(503, retryAfter: 0), at: 0) == nil)
        #expect(pace.room(at: 0) == 64)
    }

    @Test(arguments: [400, 404, 410, 422, 301])
    func `what a destination says of a message is nothing against the destination`(status: Int) {
        var pace = pace()
        for _ in 0..<100 { #expect(pace.ended(answer(status), at: 0) == nil) }
        #expect(pace.room(at: 0) == 64)
    }

    @Test func `retries are brought forward once for each return, and twice in 30 s never`() {
        var pace = away()
        #expect(pace.bringsForward(at: 0) == false)
        _ = pace.ended(ok, at: Self.second)
        #expect(pace.bringsForward(at: Self.second) == true)
        #expect(pace.bringsForward(at: Self.second) == false)
        for _ in 0..<8 { _ = pace.ended(dead, at: 2 * Self.second) }
        _ = pace.ended(ok, at: 4 * Self.second)
        #expect(pace.bringsForward(at: 31 * Self.second - 1) == false)
        #expect(pace.bringsForward(at: 31 * Self.second) == true)
    }

    @Test func `what does not help is done less and less often, up to a quarter of an hour`() {
        var pace = pace()
        var now: UInt64 = 0
        /// Seconds from going away until all is brought forward, so many times.
        func gaps(_ count: Int) -> [UInt64] {
            (0..<count).map { _ in
                for _ in 0..<8 { _ = pace.ended(dead, at: now) }
                let start = now
                now += Self.second
                _ = pace.ended(ok, at: now)
                while !pace.bringsForward(at: now) { now += Self.second }
                return (now - start) / Self.second
            }
        }
        #expect(gaps(8) == [1, 30, 60, 120, 240, 480, 900, 900])
        // After a long time without an outage it is as at first.
        now += 3600 * Self.second
        #expect(gaps(2) == [1, 30])
    }
}
