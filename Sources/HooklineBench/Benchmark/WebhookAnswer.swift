import Curl

/// What came back for one webhook.
enum WebhookAnswer: Sendable, Hashable {
    /// 200 with TwiML: Twilio would be content.
    case acknowledged
    /// Any other status, or a 200 that is no TwiML.
    case other(status: Int, contentType: String)
    /// No answer, and libcurl's words for why.
    case none(String)
    /// The request had still not been sent when the time was over.
    case unsent

    /// What a transfer brought.
    init(_ outcome: TransferResult.Outcome) {
        switch outcome {
        case .response(let response):
            let type = response.contentType ?? ""
            self =
                response.status == 200 && type.hasPrefix("text/xml")
                ? .acknowledged : .other(status: response.status, contentType: type)
        case .failed(_, _, let message):
            self = .none(message)
        }
    }

    /// The status; nil when there was no answer.
    var status: Int? {
        switch self {
        case .acknowledged: 200
        case .other(let status, _): status
        case .none, .unsent: nil
        }
    }

    /// The answer in a few words.
    var words: String {
        switch self {
        case .acknowledged: "200 text/xml"
        case .other(let status, let type): type.isEmpty ? "\(status)" : "\(status) \(type)"
        case .none(let message): "no answer: \(message)"
        case .unsent: "not sent: no connection was free"
        }
    }
}

/// How often each answer came; bounded, since a server may answer with anything.
struct AnswerCounts: Sendable {
    private static let kindsMax = 32
    private var counts: [WebhookAnswer: Int] = [:]

    /// Counts an answer; kinds beyond the bound count as one.
    mutating func add(_ answer: WebhookAnswer) {
        let isKnown = counts[answer] != nil || counts.count < Self.kindsMax
        counts[isKnown ? answer : .none("further kinds of answers"), default: 0] += 1
    }

    /// How often an answer came.
    subscript(_ answer: WebhookAnswer) -> Int { counts[answer] ?? 0 }

    /// How often a status came, whatever the rest of the answer was.
    func count(ofStatus status: Int) -> Int {
        counts.reduce(0) { $1.key.status == status ? $0 + $1.value : $0 }
    }

    /// All of them.
    var total: Int { counts.values.reduce(0, +) }

    /// Those that had a status.
    var answered: Int { counts.reduce(0) { $1.key.status == nil ? $0 : $0 + $1.value } }

    /// In words with their counts, the most frequent first.
    var sorted: [(words: String, count: Int)] {
        counts.map { (words: $0.key.words, count: $0.value) }
            .sorted { ($0.count, $1.words) > ($1.count, $0.words) }
    }

    /// In words, those but 200 with TwiML; empty when there are none.
    var othersInWords: String {
        sorted.filter { $0.words != WebhookAnswer.acknowledged.words }
            .map { "\(FigureText.count($0.count)) × \($0.words)" }.joined(separator: ", ")
    }
}
