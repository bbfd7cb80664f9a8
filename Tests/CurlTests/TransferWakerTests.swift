import Curl
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct TransferWakerTests {
    /// Longer than the suite may take: only a wake-up ends the wait in time.
    private static let forEver: Int32 = 3_600_000

    @Test func `another thread ends the wait`() throws {
        var engine = try TransferEngine(connectionsMax: 1)
        let waker = engine.waker
        var results: [TransferResult] = []
        for _ in 0..<100 {
            Thread.detachNewThread { waker.wake() }
            try engine.poll(timeoutMilliseconds: Self.forEver, into: &results)
        }
        #expect(results.isEmpty)
    }

    @Test func `a wake-up between two polls ends the second`() throws {
        var engine = try TransferEngine(connectionsMax: 1)
        for _ in 0..<100_000 { engine.waker.wake() }
        var results: [TransferResult] = []
        try engine.poll(timeoutMilliseconds: Self.forEver, into: &results)
        #expect(results.isEmpty)
    }

    @Test func `a wake-up is harmless when the engine is gone, and while it goes`() throws {
        for _ in 0..<50 {
            let engine = try TransferEngine(connectionsMax: 1)
            let waker = engine.waker
            Thread.detachNewThread { for _ in 0..<100 { waker.wake() } }
            _ = consume engine
            waker.wake()
        }
    }
}
