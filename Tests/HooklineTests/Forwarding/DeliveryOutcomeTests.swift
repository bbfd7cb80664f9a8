import Glibc
import POSIX
import TestSupport
import Testing

@testable import Hookline

/// The table of docs/delivery.md: what a destination can do to an attempt, over real sockets.
@Suite struct DeliveryOutcomeTests {
    /// What a server does with a request; false closes the connection.
    typealias Handler = @Sendable (ReceivedRequest, ServerConnection) -> Bool

    /// The end of attempts against a URL, one after the other over the same connections.
    private func attempt(
        _ url: String, count: Int = 1, timeoutMilliseconds: Int = 2_000,
        certificates: DestinationCertificates = DestinationCertificates()
    ) throws -> [AttemptOutcome] {
        var configuration = Configuration()
        var entry = DestinationEntry(name: .standard, line: 0)
        entry.target = .url(try DestinationURL(url))
        entry.timeout = .milliseconds(timeoutMilliseconds)
        entry.certificates = certificates
        configuration.destinationEntries = [entry]
        let destination = try #require(
            HTTPDestination(
                configuration.destinations[0], configuration, tokens: Tokens(TokenTable()),
                unsigned: Notice(Log(format: .text, level: .critical), "unsigned")))
        let open = try destination.open(attemptsMax: 1)
        let webhook = ForwardingBench.webhook(
            target: Array("/webhook".utf8), contentType: ForwardingBench.form,
            body: Array("Body=hi".utf8))
        var ends: [AttemptEnd] = []
        for number in 1...count {
            open.begin(Attempt(tag: UInt64(number), webhook: webhook, number: 1))
            while ends.count < number { try open.wait(milliseconds: 1_000, into: &ends) }
        }
        return ends.map(\.outcome)
    }

    private func attempt(_ handler: @escaping Handler) throws -> AttemptOutcome {
        let server = try LoopbackServer(handler)
        return try attempt(server.url("/application"))[0]
    }

    private func answer(_ text: String) throws -> AttemptOutcome {
        try attempt { _, connection in connection.send(text) }
    }

    /// What follows from an outcome, with the settings' own policy.
    private func verdict(_ outcome: AttemptOutcome, attempt: Int = 1) -> String {
        let configuration = Configuration()
        let options = DeliveryWorker.Options(
            configuration.destinations[0], configuration, StoreClock())
        switch options.retryPolicy.verdict(
            on: outcome, attempt: attempt, owedMilliseconds: 0, nowMilliseconds: 0)
        {
        case .completed: return "delivered"
        case .retry: return "owed"
        case .deadLetter(let reason): return reason.rawValue
        }
    }

    /// Statuses: the label `result`, and what follows from the first attempt and from the fifth.
    @Test(arguments: [
        (200, "success", "delivered", "delivered"), (204, "success", "delivered", "delivered"),
        (401, "client_error", "owed", "owed"), (403, "client_error", "owed", "owed"),
        (404, "client_error", "owed", "owed"), (405, "client_error", "owed", "owed"),
        (408, "client_error", "owed", "owed"), (410, "gone", "gone", "gone"),
        (400, "client_error", "owed", "refused"), (413, "client_error", "owed", "refused"),
        (414, "client_error", "owed", "refused"), (415, "client_error", "owed", "refused"),
        (422, "client_error", "owed", "refused"), (451, "client_error", "owed", "refused"),
        (500, "server_error", "owed", "owed"), (503, "server_error", "owed", "owed"),
    ])
    func `X9 each status has its outcome`(
        status: Int, result: String, first: String, fifth: String
    ) throws {
        let outcome = try answer("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n")
        #expect(outcome.result.rawValue == result && outcome.status == status)
        #expect(verdict(outcome) == first && verdict(outcome, attempt: 5) == fifth)
    }

    @Test func `X9 nobody listens, nobody answers, and a name that is not there`() throws {
        let (listener, port) = try LoopbackSocket.listening(backlog: 1)
        close(listener)
        var outcome = try attempt("http://127.0.0.1:\(port)/")[0]
        #expect(outcome.result == .connect && verdict(outcome, attempt: 9) == "owed")
        let (hole, holePort) = try LoopbackSocket.listening(backlog: 8)
        outcome = try attempt("http://127.0.0.1:\(holePort)/", timeoutMilliseconds: 200)[0]
        close(hole)
        #expect(outcome.result == .timeout && verdict(outcome, attempt: 9) == "owed")
        outcome = try attempt("http://nobody.invalid/")[0]
        #expect(outcome.result == .resolve && verdict(outcome, attempt: 9) == "owed")
    }

    @Test func `X17 a redirect is not followed, wherever it leads`() throws {
        let other = try LoopbackServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let outcome = try answer(
            "HTTP/1.1 301 X\r\nLocation: \(other.url())\r\nContent-Length: 0\r\n\r\n")
        #expect(outcome.result == .redirect && outcome.status == 301)
        #expect(verdict(outcome, attempt: 9) == "owed" && other.requests.isEmpty)
        let link = try attempt("http://169.254.169.254/latest/meta-data")[0]
        #expect(link.result == .connect)
        #expect(link.error == "Address of the local link or of a cloud's metadata")
    }

    @Test func `X17 an answer of any length is taken for its status`() throws {
        let endless = try attempt { _, connection in
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send(String(repeating: "x", count: 65_536)) {}
            return false
        }
        #expect(endless.result == .success && verdict(endless) == "delivered")
        let large = try attempt { _, connection in
            connection.send("HTTP/1.1 500 X\r\nContent-Length: 104857600\r\n\r\n")
            while connection.send(String(repeating: "x", count: 65_536)) {}
            return false
        }
        #expect(large.result == .serverError && large.status == 500)
    }

    @Test func `X17 an answer that drips is over with the attempt's time`() throws {
        let server = try LoopbackServer { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            let pause = WakeSignal()
            // A byte now and then, until nobody reads.
            while connection.send("x") {
                pause.wait(untilNanoseconds: MonotonicClock.now() + 50_000_000)
            }
            return false
        }
        let outcome = try attempt(server.url(), timeoutMilliseconds: 400)[0]
        #expect(outcome.result == .timeout && verdict(outcome, attempt: 9) == "owed")
    }

    @Test func `X9 a Retry-After is read in seconds and as a date`() throws {
        var outcome = try answer(
            "HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
        #expect(outcome.retryAfterMilliseconds == 7_000 && verdict(outcome) == "owed")
        #expect(outcome.reception == .refused)
        outcome = try answer(
            "HTTP/1.1 429 X\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n"
                + "Content-Length: 0\r\n\r\n")
        #expect(outcome.retryAfterMilliseconds ?? 0 > 86_400_000)
    }

    @Test func `X9 a reused connection that is closed is tried again at once, with the same key`()
        throws
    {
        let server = try LoopbackServer { _, connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            // Closed after its answer said that it stays open.
            return false
        }
        let again = try attempt(server.url(), count: 3)
        #expect(again.map(\.result) == [.success, .success, .success])
        let keys = Set(
            server.requests.compactMap { $0.headText.firstMatch(of: /Idempotency-Key: (\w+)/)?.1 })
        #expect(keys.count == 1)
    }

    @Test(
        .startsPrograms, .enabled(if: TLSServer.isAvailable, "needs openssl"))
    func `X17 an expired certificate proves nobody`() throws {
        let server = try TLSServer(days: -1)
        let outcome = try attempt(
            "https://localhost:\(server.port)/",
            certificates: DestinationCertificates(authority: server.certificate))[0]
        #expect(outcome.result == .tls && verdict(outcome, attempt: 9) == "owed")
    }
}
