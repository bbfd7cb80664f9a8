import MicroHTTP
import OpenSSL
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import Hookline

/// X6: explaining beside the path of requests, bounded and rate-limited.
@Suite struct ExplanationWorkerTests {
    /// A worker with its log and what it answered.
    private final class Bench: Sendable {
        let worker: ExplanationWorker
        let metrics = ReceiverMetrics(eventLoops: 1, thresholdSeconds: [])
        let outcomes = Mutex<[String: [ExplanationOutcome]]>([:])
        let lines: LineBox
        private let log: Log

        final class LineBox: Sendable {
            let text = Mutex("")
        }

        init(_ options: ExplanationWorker.Options, configured: String) throws {
            var table = TokenTable()
            table.anyAccount = [HMACKey(Array("12345".utf8))]
            let lines = LineBox()
            self.lines = lines
            log = Log(format: .json, level: .info) { bytes in
                lines.text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
            }
            worker = ExplanationWorker(
                options,
                ExplanationWorker.Parts(
                    explainer: MismatchExplainer(.serving(configured)), tokens: Tokens(table),
                    metrics: metrics, log: log))
            try log.start()
        }

        func explain(_ request: SimulatedRequest, source: UInt8 = 1, name: String = "") {
            let refused = RefusedRequest(
                captured: CapturedRequest(request.http), source: [source])
            worker.explain(refused) { outcome in
                self.outcomes.withLock { $0[name, default: []].append(outcome) }
            }
        }

        func count(_ name: String = "", explained hint: MismatchHint) -> Int {
            outcomes.withLock { outcomes in
                (outcomes[name] ?? []).count {
                    if case .explained(let explanation) = $0 {
                        explanation.hint == hint
                    } else {
                        false
                    }
                }
            }
        }

        func dropped(_ name: String = "") -> Int {
            outcomes.withLock { outcomes in
                (outcomes[name] ?? []).count { if case .dropped = $0 { true } else { false } }
            }
        }

        func stop() -> String {
            worker.stop()
            log.stop()
            return lines.text.withLock { $0 }
        }
    }

    private func forged() throws -> SimulatedRequest {
        var request = try SimulatedCall().signed()
        request.signature = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
        return request
    }

    @Test func `a refused request is explained, counted and logged once`() throws {
        let bench = try Bench(
            ExplanationWorker.Options(searchesPerSecond: 1000),
            configured: "http://hooks.example.com")
        try bench.worker.start()
        // Of one source only four may wait.
        for source: UInt8 in 0..<5 { bench.explain(try SimulatedCall().signed(), source: source) }
        #expect(eventually { bench.count(explained: .scheme) == 5 })
        let log = bench.stop()
        #expect(bench.metrics.signatureMismatches[.scheme].value == 5)
        #expect(log.split(separator: "\n").count == 1)
        #expect(log.contains(#""msg":"signature mismatch","hint":"scheme""#))
        #expect(log.contains("set --public-url https://hooks.example.com"))
        #expect(log.contains(#""requests":1"#))
    }

    @Test func `what a search found explains every later request at once`() throws {
        // One search a second: hardly any request gets one of its own.
        var options = ExplanationWorker.Options(searchesPerSecond: 1)
        options.searchesWaitingMax = 2
        let bench = try Bench(options, configured: "http://hooks.example.com")
        try bench.worker.start()
        bench.explain(try SimulatedCall().signed(), name: "first")
        #expect(eventually { bench.count("first", explained: .scheme) == 1 })
        for number in 0..<50 {
            bench.explain(try forged(), source: 9, name: "forged")
            var call = SimulatedCall()
            call.form = [("Body", "\(number)")]
            bench.explain(try call.signed(), name: "genuine")
        }
        #expect(eventually { bench.count("genuine", explained: .scheme) == 50 })
        _ = bench.stop()
        #expect(bench.dropped("genuine") == 0)
        #expect(bench.dropped("forged") > 40)
        #expect(bench.metrics.explanationsDropped.value == UInt64(bench.dropped("forged")))
    }

    @Test func `one source cannot take the room of all`() throws {
        let options = ExplanationWorker.Options(searchesPerSecond: 1)
        let bench = try Bench(options, configured: "http://hooks.example.com")
        try bench.worker.start()
        for _ in 0..<100 { bench.explain(try forged(), source: 9, name: "flood") }
        #expect(eventually { bench.dropped("flood") >= 94 })
        bench.explain(try forged(), source: 1, name: "other")
        bench.explain(try SimulatedCall().signed(), source: 2, name: "genuine")
        // Both wait for a search rather than being turned away.
        #expect(eventually { bench.count("genuine", explained: .scheme) == 1 })
        _ = bench.stop()
        #expect(bench.dropped("other") + bench.count("other", explained: .none) == 1)
    }

    @Test func `the inbox is bounded in number and bytes`() throws {
        var options = ExplanationWorker.Options(searchesPerSecond: 1)
        options.waitingMax = 3
        let bench = try Bench(options, configured: "http://hooks.example.com")
        // The thread is not started: nothing is taken out.
        for _ in 0..<3 { bench.explain(try forged()) }
        #expect(bench.dropped() == 0)
        bench.explain(try forged())
        #expect(bench.dropped() == 1)

        options.waitingMax = 100
        options.waitingBytesMax = 70_000
        let bytes = try Bench(options, configured: "http://hooks.example.com")
        var large = try forged()
        large.body = Array(repeating: 0x61, count: 60_000)
        bytes.explain(large)
        #expect(bytes.dropped() == 0)
        bytes.explain(large)
        #expect(bytes.dropped() == 1)
    }

    @Test func `nothing is searched when it is switched off, and what waits at the end is dropped`()
        throws
    {
        let off = try Bench(
            ExplanationWorker.Options(searchesPerSecond: 0), configured: "http://hooks.example.com")
        try off.worker.start()
        off.explain(try forged())
        #expect(off.dropped() == 1)
        _ = off.stop()

        let bench = try Bench(
            ExplanationWorker.Options(searchesPerSecond: 1), configured: "http://hooks.example.com")
        try bench.worker.start()
        for source in 0..<10 { bench.explain(try forged(), source: UInt8(source)) }
        _ = bench.stop()
        #expect(bench.dropped() + bench.count(explained: .none) == 10)
        bench.explain(try forged())
        #expect(bench.dropped() + bench.count(explained: .none) == 11)
    }

    @Test func `tokens that changed are used for the next explanation`() throws {
        var table = TokenTable()
        table.byAccount[Array(SimulatedCall.account.utf8)] = [HMACKey(Array("old".utf8))]
        let tokens = Tokens(table)
        let log = Log(format: .json, level: .critical)
        let worker = ExplanationWorker(
            ExplanationWorker.Options(searchesPerSecond: 1000),
            ExplanationWorker.Parts(
                explainer: MismatchExplainer(.serving), tokens: tokens,
                metrics: ReceiverMetrics(eventLoops: 1, thresholdSeconds: []), log: log))
        try worker.start()
        let hints = Mutex<[String]>([])
        let request = CapturedRequest(try SimulatedCall(token: "new").signed().http)
        for token in ["old", "new"] {
            table.anyAccount = [HMACKey(Array(token.utf8))]
            tokens.replace(table)
            worker.explain(RefusedRequest(captured: request, source: [])) { outcome in
                guard case .explained(let explanation) = outcome else { return }
                hints.withLock { $0.append(explanation.hint.rawValue) }
            }
            #expect(eventually { hints.withLock { $0.count } == (token == "old" ? 1 : 2) })
        }
        worker.stop()
        #expect(hints.withLock { $0 } == ["none", "other_token"])
    }
}
