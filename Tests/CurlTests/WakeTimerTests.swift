import TestSupport
import Testing

@testable import Curl

/// The wait that ends at a moment.
@Suite struct WakeTimerTests {
    @Test func `a wait ends at its moment and not before, again and again`() throws {
        var engine = try TransferEngine(connectionsMax: 1)
        var results: [TransferResult] = []
        for microseconds in [0, 100, 1_500, 20_000, 300] {
            let before = engine.waitedNanoseconds
            let start = Transfer.now()
            let moment = start + UInt64(microseconds) * 1_000
            try engine.poll(untilNanoseconds: moment, into: &results)
            #expect(Transfer.now() >= moment)
            #expect(engine.waitedNanoseconds - before <= Transfer.now() - start)
        }
        #expect(results.isEmpty)
        #expect(engine.waitedNanoseconds >= 21_000_000)
        // A moment that has passed, even the beginning of time, does not wait.
        try engine.poll(untilNanoseconds: 0, into: &results)
    }

    @Test func `a transfer goes on while a moment is waited for`() throws {
        let server = try LoopbackServer(answering: "HTTP/1.1 204 No Content\r\n\r\n")
        var engine = try TransferEngine(connectionsMax: 1)
        var results: [TransferResult] = []
        try engine.add(TransferRequest(url: server.url()), tag: 7)
        let moment = Transfer.now() + 20_000_000_000
        while results.isEmpty && Transfer.now() < moment {
            try engine.poll(untilNanoseconds: moment, into: &results)
        }
        #expect(results.first?.response?.status == 204)
    }
}
