import MicroHTTP
import Testing

@testable import Hookline

/// Each branch of `receive`: what is committed, when the answer leaves, and which. The time is
/// told.
@Suite struct WebhookEndpointTests {
    private let account = Array(SimulatedCall.account.utf8)

    /// Nanoseconds after the request at which its token is late, by default.
    private let tokenDeadline = Configuration().signatureTimeout.nanoseconds

    private func message(_ sid: String = "SM1") throws -> SimulatedRequest {
        var call = SimulatedCall()
        call.form =
            SimulatedCall.message.map { $0.0 == "MessageSid" ? ($0.0, sid) : $0 }
            + [("SmsMessageSid", sid), ("SmsStatus", "received")]
        return try call.signed()
    }

    @Test func `R1 a genuine webhook is answered by its commit, not before`() throws {
        let bench = try EndpointBench()
        bench.receive(try message("SM1").http)
        bench.receive(try message("SM2").http)
        #expect(bench.committing.isEmpty)
        // What one turn received is committed together.
        #expect(bench.endTurn().count == 2)
        #expect(bench.answers().isEmpty)
        bench.commit()
        #expect(bench.answers().map(\.status) == [200, 200])
        #expect(bench.count("hookline_validations_total", ["result": "valid"]) == 2)
    }

    @Test func `R4 a repetition of what is stored needs no store, and of what is not, one`() throws
    {
        let bench = try EndpointBench()
        let request = try message().http
        bench.receive(request)
        bench.receive(request)
        #expect(bench.endTurn().count == 2)
        bench.commit()
        #expect(bench.answers().map(\.status) == [200, 200])
        bench.receive(request)
        #expect(bench.answers().map(\.status) == [200])
        #expect(bench.endTurn().isEmpty)
        #expect(
            bench.count(
                "hookline_validation_cache_requests_total", ["tier": "memory", "result": "hit"])
                == 1)
    }

    @Test func `R5 a forged webhook gets 403, reaches no store, and is kept`() throws {
        let bench = try EndpointBench()
        var request = try message()
        request.signature = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
        bench.receive(request.http)
        #expect(bench.endTurn().isEmpty)
        #expect(bench.answers().map(\.status) == [403])
        #expect(bench.quarantined == 1)
    }

    @Test func `what is for no route gets 404, and is kept if it is signed`() throws {
        let bench = try EndpointBench()
        var request = try message()
        request.target = "/elsewhere"
        var unsigned = HTTPFields()
        unsigned.append(name: "Host".utf8, value: "hooks.example.com".utf8)
        bench.receive(
            HTTPRequest(
                method: .post, target: Array("/elsewhere".utf8), fields: unsigned, body: []))
        #expect(bench.answers().map(\.status) == [404])
        #expect(bench.quarantined == 0)
        bench.receive(request.http)
        #expect(bench.answers().map(\.status) == [404])
        #expect(bench.quarantined == 1)
        #expect(bench.endTurn().isEmpty)
    }

    @Test func `another method gets 405 and is told which one is taken`() throws {
        let bench = try EndpointBench()
        var request = try message().http
        request.method = .other
        bench.receive(request)
        let answer = try #require(bench.answers().first)
        #expect(answer.status == 405 && answer.fields.contains("Allow"))
        #expect(bench.endTurn().isEmpty)
    }

    @Test func `the webhook listener says whether the process lives, and no more`() throws {
        let bench = try EndpointBench()
        for (path, status) in [("/healthz", UInt16(503)), ("/readyz", 404), ("/metrics", 404)] {
            bench.receive(
                HTTPRequest(
                    method: .get, target: Array(path.utf8), fields: HTTPFields(), body: []))
            #expect(bench.answers().map(\.status) == [status], "\(path)")
        }
    }

    @Test func `R7 a token that comes in time lets its request go on, outside any turn`() throws {
        let bench = try EndpointBench(hasSource: true)
        bench.receive(try message().http)
        #expect(bench.endTurn().isEmpty)
        bench.waits.tick(at: FallbackBench.received + tokenDeadline - 1)
        #expect(bench.waits.count == 1 && bench.answers().isEmpty)
        bench.tokens.note(FetchedTokens([Secret("12345".utf8)]), of: account)
        bench.waits.arrived(account)
        #expect(bench.committing.map(\.isVerified) == [true])
        #expect(bench.waits.count == 0)
        bench.commit()
        #expect(bench.answers().map(\.status) == [200])
    }

    @Test func `R7 another account's token lets nobody go on, and a wrong one refuses`() throws {
        let bench = try EndpointBench(hasSource: true)
        bench.receive(try message().http)
        bench.waits.arrived(Array("AC00000000000000000000000000000009".utf8))
        #expect(bench.waits.count == 1)
        bench.tokens.note(FetchedTokens([Secret("other".utf8)]), of: account)
        bench.waits.arrived(account)
        #expect(bench.answers().map(\.status) == [403])
        #expect(bench.committing.isEmpty)
    }

    @Test(arguments: SignatureTimeoutPolicy.allCases)
    func `R7 at its deadline a request without a token is answered by the policy`(
        policy: SignatureTimeoutPolicy
    ) throws {
        let bench = try EndpointBench(policy: policy, hasSource: true)
        bench.receive(try message().http)
        bench.waits.tick(at: FallbackBench.received + tokenDeadline)
        switch policy {
        case .reject:
            let answer = try #require(bench.answers().first)
            #expect(answer.status == 503 && answer.fields.contains("Retry-After"))
            #expect(bench.committing.isEmpty && bench.quarantined == 1)
        case .defer:
            // For the store alone, until a token has proved it.
            #expect(bench.committing.map(\.isVerified) == [false])
            #expect(bench.answers().isEmpty && bench.quarantined == 0)
        case .allow:
            #expect(bench.committing.map(\.isVerified) == [true])
            #expect(bench.answers().isEmpty && bench.quarantined == 0)
        }
        #expect(
            bench.count(
                "hookline_signature_timeouts_total", ["policy": policy.rawValue]) == 1)
        #expect(
            bench.count("hookline_budget_exceeded_total", ["budget": "signature"]) == 1)
        // A token that comes later finds nobody.
        bench.waits.arrived(account)
        #expect(bench.committing.count <= 1)
    }

    @Test func `R7 as many wait for tokens as may, and one more is late at once`() throws {
        let bench = try EndpointBench(hasSource: true)
        for number in 1...2 { bench.receive(try message("SM\(number)").http) }
        #expect(bench.waits.count == 2 && bench.answers().isEmpty)
        bench.receive(try message("SM3").http)
        #expect(bench.answers().map(\.status) == [503])
        #expect(bench.waits.count == 2)
    }

    @Test func `of store, fallback and deadline the first answers, and nobody again`() throws {
        let bench = try EndpointBench()
        bench.receive(try message().http)
        let pending = try #require(bench.endTurn().first)
        bench.below.tick(milliseconds: 1001)
        bench.below.fallback.immediateEnded(pending, taken: false)
        bench.below.tick(milliseconds: 1900)
        #expect(bench.answers().map(\.status) == [503])
        // The commit came too late for an answer; what Twilio sends again is a repetition.
        bench.commit()
        pending.receipt.stored(in: .sqlite)
        pending.receipt.taken()
        #expect(bench.answers().isEmpty)
        bench.receive(try message().http)
        #expect(bench.answers().map(\.status) == [200])
    }
}
