import Curl
import Hookline

/// What came of the webhooks that `hookline send` posted.
public struct TestSendReport: Sendable {
    /// The status that every answer should have.
    private let expectedStatus: Int
    /// How often each answer came, in words.
    private var answers: [String: Int] = [:]
    private var durations: [UInt64] = []
    private var unexpected = 0

    init(expectedStatus: Int) {
        self.expectedStatus = expectedStatus
    }

    /// True when every answer was the expected one: 200 with TwiML, or 403 for a bad signature.
    public var isAsExpected: Bool { unexpected == 0 }

    mutating func add(_ result: TransferResult) {
        durations.append(result.durationNanoseconds)
        switch result.outcome {
        case .response(let response):
            let type = response.contentType ?? ""
            answers["\(response.status)\(type.isEmpty ? "" : " " + type)", default: 0] += 1
            let isTwiML = type.hasPrefix("text/xml")
            if response.status != expectedStatus || (expectedStatus == 200 && !isTwiML) {
                unexpected += 1
            }
        case .failed(_, _, let message):
            answers["no answer: \(message)", default: 0] += 1
            unexpected += 1
        }
    }

    /// A few lines for people.
    public var text: String {
        var lines = ["\(durations.count) sent"]
        for (answer, count) in sortedAnswers { lines.append("  \(count) × \(answer)") }
        if !durations.isEmpty {
            lines.append(
                "  answered after: median \(milliseconds(0.5)) ms, 95 % \(milliseconds(0.95)) ms, "
                    + "longest \(milliseconds(1)) ms")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One JSON object on one line.
    public var json: String {
        let counts = sortedAnswers.map { answer, count in
            "{\"answer\":\(JSONText.quoted(answer)),\"count\":\(count)}"
        }
        let durations =
            self.durations.isEmpty
            ? "null"
            : "{\"p50\":\(milliseconds(0.5)),\"p95\":\(milliseconds(0.95)),"
                + "\"max\":\(milliseconds(1))}"
        return "{\"sent\":\(self.durations.count),\"as_expected\":\(isAsExpected),"
            + "\"answers\":[\(counts.joined(separator: ","))],"
            + "\"duration_milliseconds\":\(durations)}\n"
    }

    private var sortedAnswers: [(String, Int)] {
        answers.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }

    /// The nearest-rank percentile, in milliseconds with one digit.
    private func milliseconds(_ rank: Double) -> String {
        let sorted = durations.sorted()
        let index = max(0, Int((rank * Double(sorted.count)).rounded(.up)) - 1)
        let tenths = (sorted[index] + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
