import Curl
import POSIX

/// Messages sent one after another: what one message takes on an otherwise idle server.
struct SingleFigures: Sendable {
    /// At most so many messages.
    static let countMax = 100
    /// No further message is begun after so long.
    static let nanosecondsMax: UInt64 = 2_000_000_000

    /// What came back.
    private(set) var answers = AnswerCounts()
    /// From the start to the answer.
    private(set) var response = LatencyDistribution()

    /// Sends them; the first one decides whether the others are worth sending.
    static func measure(
        _ options: BenchOptions, _ signer: TestRequestSigner, _ sender: inout SequentialSender,
        _ interruption: Interruption
    ) throws(BenchError) -> SingleFigures {
        var figures = SingleFigures()
        let start = MonotonicClock.now()
        while figures.answers.total < countMax, !interruption.isRaised,
            MonotonicClock.now() < start + nanosecondsMax
        {
            let request = signer.request(for: TestMessage(options.message))
            guard let result = try sender.send(request) else { break }
            let answer = WebhookAnswer(result.outcome)
            if figures.answers.total == 0, let hint = answer.hint {
                throw .firstMessage(url: options.url, answer: answer.words, hint: hint)
            }
            figures.add(answer, nanoseconds: result.durationNanoseconds)
        }
        return figures
    }

    /// Adds an answer.
    mutating func add(_ answer: WebhookAnswer, nanoseconds: UInt64) {
        answers.add(answer)
        response.record(nanoseconds: nanoseconds)
    }
}

extension WebhookAnswer {
    /// What is probably wrong when no further message would be taken either; nil when one may be.
    fileprivate var hint: String? {
        switch status {
        case nil: "is the server there?"
        case 403:
            "it knows another Auth Token, or another URL is signed than it thinks it was called "
                + "by (--signed-url)"
        case 404: "it has no such path"
        case .some(let status): self == .acknowledged || status >= 500 ? nil : "is it Hookline?"
        }
    }
}
