import Curl
import OpenSSL
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import HooklineBench

/// The open loop against servers that answer as they like.
@Suite struct OpenLoopTests {
    private static let reply =
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 0\r\n\r\n"

    /// Counts what has come.
    private final class Arrivals: Sendable {
        private let count = Atomic<Int>(0)
        var now: Int { count.load(ordering: .acquiring) }
        func add() -> Int { count.add(1, ordering: .acquiringAndReleasing).newValue }
    }

    private func run(
        _ server: LoopbackServer, rate: Int, seconds: Int, connections: Int,
        timeoutMilliseconds: Int = 15_000, interruption: Interruption = Interruption(),
        progress: (LoadFigures) -> Void = { _ in }
    ) throws -> LoadFigures {
        var options = BenchOptions(url: server.url("/webhook/whatsapp"))
        options.connections = connections
        options.timeoutMilliseconds = timeoutMilliseconds
        let signer = TestRequestSigner(
            url: options.url, signedURL: nil, key: HMACKey([1]), agent: "test",
            timeoutMilliseconds: timeoutMilliseconds)
        let webhooks = SignedWebhooks(
            count: rate * seconds, message: options.message, signer: signer)
        let schedule = LoadSchedule(
            startNanoseconds: MonotonicClock.now(), rate: rate, seconds: seconds)
        var loop = OpenLoop(schedule, webhooks, options, interruption)
        return try loop.run(progress: progress)
    }

    @Test func `R15 a server that answers nothing until it has everything gets everything`() throws
    {
        let arrivals = Arrivals()
        let server = try LoopbackServer { _, connection in
            _ = arrivals.add()
            return eventually { arrivals.now == 20 } && connection.send(Self.reply)
        }
        let figures = try run(server, rate: 20, seconds: 1, connections: 20)
        #expect(figures.answers[.acknowledged] == 20)
        #expect(figures.due == 20 && figures.sent == 20)
        #expect(figures.mostUnderWay == 20 && figures.waited == 0)
        // The first waited for the last, which was due nineteen twentieths of a second later.
        #expect(figures.response.longest >= 950_000_000)
    }

    @Test func `R15 the wait for a connection counts, which a closed loop would not see`() throws {
        let arrivals = Arrivals()
        let server = try LoopbackServer { _, connection in
            let end = MonotonicClock.now() + 300_000_000
            if arrivals.add() == 1 { _ = eventually { MonotonicClock.now() >= end } }
            return connection.send(Self.reply)
        }
        let figures = try run(server, rate: 20, seconds: 1, connections: 1)
        #expect(figures.answers[.acknowledged] == 20)
        #expect(figures.mostUnderWay == 1)
        #expect(figures.waited >= 5)
        // Due 0, 50 and 100 ms after the beginning, answered after 300 ms: the slowest tenth.
        #expect(figures.response.percentile(90) >= 200_000_000)
        #expect(figures.service.percentile(90) < figures.response.percentile(90))
    }

    @Test func `what no connection came free for is given up and counted as not answered`() throws {
        let server = try LoopbackServer { _, connection in
            connection.waitForClose()
            return false
        }
        let figures = try run(
            server, rate: 10, seconds: 1, connections: 1, timeoutMilliseconds: 400)
        #expect(figures.answers.total == 10)
        #expect(figures.answers.answered == 0)
        #expect(figures.answers[.unsent] > 0)
        #expect(figures.sent + figures.answers[.unsent] == 10)
        #expect(!figures.meetsTarget)
    }

    @Test func `an interruption ends it with the figures so far`() throws {
        let interruption = Interruption()
        let arrivals = Arrivals()
        let server = try LoopbackServer { _, connection in
            if arrivals.add() == 3 { interruption.raise() }
            return connection.send(Self.reply)
        }
        let figures = try run(
            server, rate: 50, seconds: 60, connections: 8, interruption: interruption)
        #expect(figures.isInterrupted)
        #expect(figures.planned == 3000)
        #expect(figures.due >= 3 && figures.due < 3000)
        #expect(figures.answers.total == figures.due)
    }

    @Test func `R1 a generator that falls behind its schedule says so`() throws {
        let server = try LoopbackServer(answering: Self.reply)
        let figures = try run(server, rate: 100, seconds: 2, connections: 64) { _ in
            let end = MonotonicClock.now() + 300_000_000
            _ = eventually { MonotonicClock.now() >= end }
        }
        #expect(figures.answers[.acknowledged] == 200)
        #expect(figures.shortfall?.contains("could not keep the rate") == true)
        #expect(!figures.meetsTarget)
    }
}
