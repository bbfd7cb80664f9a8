import Curl

/// Reads a server's `/metrics`.
struct MetricsReader: Sendable {
    /// What came of one look.
    enum Reading: Sendable {
        /// The samples.
        case page(MetricsPage)
        /// Why there are none, as the rest of a sentence.
        case unreadable(String)
    }

    /// The page's address.
    let url: String
    private let interruption: Interruption

    /// A reader of the page under this address.
    init(url: String, _ interruption: Interruption) {
        self.url = url
        self.interruption = interruption
    }

    /// Looks once.
    func read() throws(BenchError) -> Reading {
        // A connection of its own each time: the server closes idle ones.
        var sender = try SequentialSender(interruption)
        let request = TransferRequest(
            url: url, method: .get, headers: ["Accept: text/plain; version=0.0.4"],
            timeoutMilliseconds: 5_000, responseBytesMax: 16 << 20)
        guard let result = try sender.send(request) else { return .unreadable("interrupted") }
        switch result.outcome {
        case .failed(_, _, let message):
            return .unreadable("\(url) cannot be read: \(message)")
        case .response(let response) where response.status != 200:
            return .unreadable("\(url) answers \(response.status)")
        case .response(let response):
            let text = String(decoding: response.body, as: UTF8.self)
            return .page(MetricsPage(text, names: MetricsDifference.names))
        }
    }
}
