/// Why an attempt failed, as it is kept with the delivery and shown to people.
///
/// It holds nothing of the message, of the URL or of the answer's body: a status, or fixed words.
struct AttemptFailure: Sendable, Equatable {
    /// Bytes of the text.
    static let textBytesMax = 120

    /// When the attempt ended: milliseconds of the store's clock; in Redis, and in what people see,
    /// since the epoch.
    var milliseconds: Int64
    /// The status of the answer; nil without one.
    var status: Int?
    /// For people, at most `textBytesMax` bytes of UTF-8: `HTTP 422`, or the kind of failure and
    /// words for it.
    var text: String

    /// What an answer, or the want of one, says.
    init(_ result: AttemptResult, status: Int?, error: String?, milliseconds: Int64) {
        let text =
            status.map { "HTTP \($0)" } ?? error.map { "\(result.rawValue): \($0)" }
            ?? result.rawValue
        self.init(milliseconds: milliseconds, status: status, text: text)
    }

    /// As it was stored, or with a text of our own.
    init(milliseconds: Int64, status: Int?, text: String) {
        self.milliseconds = milliseconds
        self.status = status
        self.text = String(decoding: text.utf8.prefix(Self.textBytesMax), as: UTF8.self)
    }
}
