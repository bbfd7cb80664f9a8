import Curl
import POSIX

/// The connections to the application; confined to the forwarding thread.
final class OpenHTTPDestination: OpenDestination {
    private let destination: HTTPDestination
    private var engine: TransferEngine
    private var results: [TransferResult] = []
    /// Ends of attempts that could not be sent.
    private var unsent: [AttemptEnd] = []

    init(_ destination: HTTPDestination, engine: consuming TransferEngine) {
        self.destination = destination
        self.engine = engine
    }

    var wake: @Sendable () -> Void { { [waker = engine.waker] in waker.wake() } }

    func begin(_ attempt: Attempt) {
        let request = destination.request(
            for: attempt.webhook, attempt: attempt.number,
            timeoutMilliseconds: attempt.timeoutMilliseconds)
        do throws(CurlError) {
            try engine.add(request, tag: attempt.tag)
        } catch {
            let outcome = AttemptOutcome(result: .other, error: error.description)
            unsent.append(AttemptEnd(tag: attempt.tag, outcome: outcome))
        }
    }

    func wait(milliseconds: Int, into ends: inout [AttemptEnd]) throws(DestinationError) {
        let milliseconds = unsent.isEmpty ? milliseconds : 0
        do throws(CurlError) {
            try engine.poll(timeoutMilliseconds: Int32(clamping: milliseconds), into: &results)
        } catch {
            throw DestinationError(description: error.description)
        }
        ends += unsent
        unsent.removeAll(keepingCapacity: true)
        for result in results {
            ends.append(
                AttemptEnd(
                    tag: result.tag,
                    outcome: AttemptOutcome(
                        result.outcome, keepsAnswer: destination.keepsAnswers),
                    durationNanoseconds: result.durationNanoseconds))
        }
        results.removeAll(keepingCapacity: true)
    }
}

extension AttemptOutcome {
    /// What libcurl brought, in forwarding's words.
    init(_ outcome: TransferResult.Outcome, keepsAnswer: Bool = false) {
        switch outcome {
        case .response(let response):
            let result = AttemptResult(status: response.status)
            self.init(
                result: result, status: response.status,
                retryAfterMilliseconds: RetryAfter.milliseconds(
                    response.retryAfter, nowMilliseconds: WallClock.nowMilliseconds()),
                answer: keepsAnswer && result == .success && !response.body.isEmpty
                    ? ApplicationAnswer(
                        contentType: response.contentType, body: response.body,
                        isTruncated: response.bodyTruncated) : nil,
                carriesVerbs: result == .success && TwiMLReply.carriesVerbs(response.body))
        case .failed(let failure, _, let message):
            self.init(result: AttemptResult(failure), error: message)
        }
    }
}

extension AttemptResult {
    /// The result of a transfer that brought no answer.
    fileprivate init(_ failure: TransferFailure) {
        self =
            switch failure {
            case .resolve: .resolve
            case .connect: .connect
            case .tls: .tls
            case .timeout: .timeout
            case .send: .send
            case .receive: .receive
            case .tooLarge: .tooLarge
            case .protocol: .protocol
            case .other: .other
            }
    }
}
