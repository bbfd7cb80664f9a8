import Testing

@testable import Hookline

@Suite struct DeliveryWorkerTests {
    private static func answer(_ status: Int) -> AttemptOutcome {
        AttemptOutcome(result: AttemptResult(status: status), status: status)
    }

    @Test func `each message is forwarded once when the destination takes it`() throws {
        let simulation = try SimulatedForwarding { _, _ in (Self.answer(200), 20) }
        simulation.append(1...500)
        simulation.run(untilMilliseconds: 10_000)
        #expect(simulation.owed == 0)
        #expect(simulation.begun.map(\.id).sorted() == Array(1...500))
        #expect(simulation.begun.allSatisfy { $0.number == 1 })
    }

    @Test func `never more attempts are under way than may be`() throws {
        let simulation = try SimulatedForwarding(concurrencyMax: 7) { _, _ in
            (Self.answer(200), 20)
        }
        simulation.append(1...100)
        simulation.run(untilMilliseconds: 10_000)
        #expect(simulation.owed == 0)
        #expect(simulation.begun.map(\.underWay).max() == 7)
    }

    @Test func `a failed attempt is made again after its wait, with the next number`() throws {
        let simulation = try SimulatedForwarding { attempt, _ in
            (Self.answer(attempt.number < 4 ? 500 : 200), 0)
        }
        simulation.append(1...1)
        simulation.run(untilMilliseconds: 20_000)
        #expect(simulation.owed == 0)
        #expect(simulation.begun.map(\.number) == [1, 2, 3, 4])
        // Half of 1 s, 2 s and 4 s.
        #expect(simulation.begun.map(\.milliseconds) == [0, 500, 1500, 3500])
    }

    @Test func `an attempt that brings no answer is made again too`() throws {
        let simulation = try SimulatedForwarding { attempt, _ in
            attempt.number == 1
                ? (AttemptOutcome(result: .connect, error: "Couldn't connect to server"), 0)
                : (Self.answer(204), 0)
        }
        simulation.append(1...3)
        simulation.run(untilMilliseconds: 5_000)
        #expect(simulation.owed == 0)
        #expect(simulation.begun.count == 6)
    }

    @Test func `410 gives a delivery up`() throws {
        let simulation = try SimulatedForwarding { _, _ in (Self.answer(410), 0) }
        simulation.append(1...1)
        simulation.run(untilMilliseconds: 5_000)
        #expect(simulation.begun.count == 1)
        let changes = simulation.state.withLock { $0.changes }
        guard case .deadLetter(1, reason: .gone) = try #require(changes.first) else {
            Issue.record("\(changes)")
            return
        }
    }
}
