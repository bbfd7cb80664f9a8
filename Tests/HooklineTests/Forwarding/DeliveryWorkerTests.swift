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
        guard case .deadLetter(1, .gone, let failure, _) = try #require(changes.first) else {
            Issue.record("\(changes)")
            return
        }
        #expect(failure == AttemptFailure(milliseconds: 0, status: 410, text: "HTTP 410"))
    }

    @Test func `a stop begins nothing more and waits for what is under way`() throws {
        let simulation = try SimulatedForwarding(concurrencyMax: 4) { _, _ in
            (Self.answer(200), 800)
        }
        simulation.append(1...10)
        simulation.at(milliseconds: 100) { [simulation] in simulation.worker?.drain() }
        simulation.at(milliseconds: 200) { [simulation] in simulation.append(11...12) }
        simulation.run(untilMilliseconds: 300, cutAfterMilliseconds: 4000)
        #expect(simulation.begun.map(\.id).sorted() == [1, 2, 3, 4])
        #expect(simulation.owed == 8)
        #expect(simulation.milliseconds == 800)
        #expect(!simulation.lines.contains { $0.contains("cut") })
        #expect(simulation.state.withLock { $0.wanted } == 0)
    }

    @Test func `a claim that crosses the stop is given back, and its attempt does not count`()
        throws
    {
        let simulation = try SimulatedForwarding { _, _ in (Self.answer(200), 500) }
        simulation.append(1...1)
        simulation.at(milliseconds: 100) { [simulation] in
            simulation.worker?.drain()
            // It was claimed before the queue heard.
            simulation.append(2...2)
        }
        simulation.run(untilMilliseconds: 200, cutAfterMilliseconds: 4000)
        #expect(simulation.begun.map(\.id) == [1])
        let row = try #require(simulation.state.withLock { $0.rows[2] })
        #expect(!row.isRunning && row.delivery.attempt == 0)
    }

    @Test func `what does not end in time is cut, said and owed at once`() throws {
        let simulation = try SimulatedForwarding { attempt, _ in
            (Self.answer(200), attempt.webhook[.target].last == UInt8(ascii: "1") ? 300 : 9000)
        }
        simulation.append(1...3)
        simulation.run(untilMilliseconds: 100, cutAfterMilliseconds: 2000)
        #expect(simulation.milliseconds == 2100)
        #expect(simulation.owed == 2)
        let cut = simulation.lines.filter { $0.contains("were cut") }
        #expect(cut.count == 1 && cut[0].contains("\"count\":2"), "\(simulation.lines)")
        for row in simulation.state.withLock({ Array($0.rows.values) }) {
            #expect(!row.isRunning && row.dueMilliseconds == 2100 && row.delivery.attempt == 1)
        }
    }

    @Test func `why an attempt failed goes with the delivery, and into its line`() throws {
        let simulation = try SimulatedForwarding { attempt, _ in
            attempt.webhook[.target].last == UInt8(ascii: "1")
                ? (Self.answer(422), 40)
                : (AttemptOutcome(result: .connect, error: "Couldn't connect to server"), 70)
        }
        simulation.append(1...2)
        simulation.run(untilMilliseconds: 100)
        let failures = simulation.state.withLock { $0.changes }.compactMap { change in
            if case .retry(_, _, let failure, _) = change { failure } else { nil }
        }
        #expect(
            failures == [
                AttemptFailure(milliseconds: 40, status: 422, text: "HTTP 422"),
                AttemptFailure(
                    milliseconds: 70, status: nil, text: "connect: Couldn't connect to server"),
            ])
        #expect(simulation.lines.contains { $0.contains("\"status\":422") })
        #expect(
            simulation.lines.contains { $0.contains("\"error\":\"Couldn't connect to server\"") })
    }

    @Test func `the text of a failure is cut at its limit`() {
        let longest = String(repeating: "x", count: AttemptFailure.textBytesMax)
        for more in ["", "y"] {
            let failure = AttemptFailure(milliseconds: 0, status: nil, text: longest + more)
            #expect(failure.text == longest)
        }
    }
}
