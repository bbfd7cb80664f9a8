import Synchronization
import Testing

@testable import Hookline

@Suite struct RateLimitTests {
    /// In a time that passes only while nothing is left to do: sixty seconds, with more owed than
    /// may be sent.
    @Test(arguments: [1, 7.5, 50, 500])
    func `X18 a destination gets as many attempts as its rate allows, within two percent`(
        rate: Double
    ) throws {
        let simulation = try SimulatedForwarding(rate: rate) { _, _ in
            (AttemptOutcome(result: .success, status: 200), 3)
        }
        // At any time a little more is owed than may be sent.
        let owed = Int(rate / 5) + 2
        simulation.append(1...owed)
        let last = Atomic(owed)
        for tenth in 1..<600 {
            simulation.at(milliseconds: Int64(tenth) * 100) {
                let missing = owed - simulation.owed
                guard missing > 0 else { return }
                let end = last.add(missing, ordering: .relaxed).newValue
                simulation.append(end - missing + 1...end)
            }
        }
        simulation.run(untilMilliseconds: 60_000)
        let begun = Double(simulation.begun.count)
        // Whole attempts, and the one that begins at once.
        #expect(abs(begun - rate * 60) <= max(1, rate * 60 * 0.02), "\(begun) at \(rate)")
    }

    @Test func `X18 what was not used is kept for a tenth of a second at most`() throws {
        var limit = try #require(RateLimit(perSecond: 100))
        #expect(limit.room(at: 0) == 1)
        #expect(limit.room(at: 60_000_000_000) == 10)
        for _ in 0..<10 { limit.took() }
        #expect(limit.room(at: 60_000_000_000) == 0)
        #expect(limit.nextNanoseconds(after: 60_000_000_000) ?? 0 > 60_000_000_000)
        #expect(RateLimit(perSecond: nil) == nil)
    }
}
