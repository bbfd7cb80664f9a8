import Curl
import POSIX

/// What came of messages that were sent again, as Twilio does when it retries.
struct RepeatFigures: Sendable {
    /// At most so many messages.
    static let messagesMax = 50
    /// How often each is repeated.
    static let repeatsEach = 2
    /// No further message is begun after so long.
    static let nanosecondsMax: UInt64 = 1_000_000_000

    /// Answers to the repetitions.
    var repeats = AnswerCounts()
    /// What the metrics say of the repetitions alone.
    var metrics: MetricsEvidence

    /// Sends messages, then all of them again; nil after an interruption.
    static func measure(
        _ options: BenchOptions, _ signer: TestRequestSigner, _ sender: inout SequentialSender,
        _ reader: MetricsReader
    ) throws(BenchError) -> RepeatFigures? {
        var requests: [TransferRequest] = []
        var asked = 0
        let start = MonotonicClock.now()
        while asked < messagesMax, asked == 0 || MonotonicClock.now() < start + nanosecondsMax {
            let request = signer.request(for: TestMessage(options.message))
            guard let answer = try sender.ask(request) else { return nil }
            // What was not stored is no repetition the second time.
            if answer == .acknowledged { requests.append(request) }
            asked += 1
        }
        let before = try reader.read()
        var repeats = AnswerCounts()
        for _ in 0..<repeatsEach {
            for request in requests {
                guard let answer = try sender.ask(request) else { return nil }
                repeats.add(answer)
            }
        }
        let metrics = MetricsEvidence(
            before: before, after: try reader.read(),
            acknowledged: repeats[.acknowledged])
        return RepeatFigures(repeats: repeats, metrics: metrics)
    }
}
