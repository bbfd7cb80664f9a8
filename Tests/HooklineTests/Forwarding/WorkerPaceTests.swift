import Testing

@testable import Hookline

/// The worker before a destination that fails, comes back, or asks for rest.
@Suite struct WorkerPaceTests {
    private static func answer(_ status: Int, retryAfter: Int64? = nil) -> AttemptOutcome {
        AttemptOutcome(
            result: AttemptResult(status: status), status: status,
            retryAfterMilliseconds: retryAfter)
    }

    private static let dead = AttemptOutcome(result: .connect, error: "no")

    @Test func `while Retry-After holds nothing is sent, and then it is one message first`()
        throws
    {
        let simulation = try SimulatedForwarding { _, now in
            now < 30_000 ? (Self.answer(429, retryAfter: 30_000), 10) : (Self.answer(200), 10)
        }
        for number in 0..<200 {
            simulation.at(milliseconds: Int64(number) * 40) { [simulation] in
                simulation.append(number...number)
            }
        }
        simulation.run(untilMilliseconds: 60_000)
        #expect(simulation.owed == 0)
        let held = simulation.begun.filter { $0.milliseconds < 30_000 }
        #expect(held.count == 1)
        let rest = simulation.begun.dropFirst(held.count)
        #expect(rest.prefix(3).map(\.underWay) == [1, 1, 2])
        #expect(rest.first.map { $0.milliseconds >= 30_010 } == true)
        #expect(rest.map(\.underWay).max() ?? 0 <= 64)
        // What got the answer waits for its own time at the longest.
        #expect(rest.last.map { $0.milliseconds < 31_000 } == true)
        #expect(simulation.lines.filter { $0.contains("asked for rest") }.count == 1)
    }

    @Test func `a dead destination gets few attempts, and rows that are due stay as they are`()
        throws
    {
        let simulation = try SimulatedForwarding { _, _ in (Self.dead, 0) }
        simulation.append(1...500)
        simulation.run(untilMilliseconds: 60_000)
        // 64 at once before anything is known, then one a second.
        #expect(simulation.begun.count < 64 + 70, "\(simulation.begun.count)")
        let untouched = simulation.state.withLock { state in
            state.rows.values.count { $0.delivery.attempt == 0 && $0.dueMilliseconds == 0 }
        }
        #expect(untouched > 350, "\(untouched)")
        #expect(simulation.lines.filter { $0.contains("only single attempts") }.count == 1)
    }

    @Test func `after an outage the pace begins with one and doubles, and nothing is left behind`()
        throws
    {
        let back: Int64 = 600_000
        let simulation = try SimulatedForwarding { _, now in
            now < back ? (Self.dead, 0) : (Self.answer(200), 20)
        }
        simulation.append(1...400)
        simulation.run(untilMilliseconds: back + 20_000)
        #expect(simulation.owed == 0)
        let after = simulation.begun.filter { $0.milliseconds >= back }
        #expect(after.prefix(7).map(\.underWay) == [1, 1, 2, 1, 2, 3, 4])
        // Some had failed ten times and would have waited for many minutes.
        #expect(after.map(\.milliseconds).max() ?? 0 < back + 2_000)
        #expect(simulation.state.withLock { $0.broughtForward } == 1)
    }

    @Test func `messages that the destination does not want do not slow the others`() throws {
        let simulation = try SimulatedForwarding { attempt, _ in
            attempt.webhook[.target].last == UInt8(ascii: "0")
                ? (Self.answer(200), 5) : (Self.answer(422), 5)
        }
        simulation.append(1...200)
        simulation.run(untilMilliseconds: 1_000)
        #expect(simulation.begun.prefix(200).map(\.id).sorted() == Array(1...200))
        #expect(simulation.begun.dropFirst(199).first.map { $0.milliseconds < 100 } == true)
    }

    @Test func `a stop does not wait for the end of a hold`() throws {
        let simulation = try SimulatedForwarding { _, _ in
            (Self.answer(503, retryAfter: 3_000_000), 10)
        }
        simulation.append(1...1)
        simulation.run(untilMilliseconds: 500, cutAfterMilliseconds: 4000)
        #expect(simulation.milliseconds == 500)
        #expect(simulation.begun.count == 1 && simulation.owed == 1)
    }
}
