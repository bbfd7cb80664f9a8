import Curl
import POSIX

/// Sends one request after another over one connection, on the calling thread.
struct SequentialSender: ~Copyable {
    private var engine: TransferEngine
    private let interruption: Interruption
    private var tag: UInt64 = 0

    /// A sender without a connection yet; throws when libcurl cannot be set up.
    init(_ interruption: Interruption) throws(BenchError) {
        do {
            engine = try TransferEngine(connectionsMax: 1)
        } catch {
            throw .library(error.description)
        }
        self.interruption = interruption
    }

    /// Sends a request and waits for its end, or for an interruption: nil then.
    mutating func send(_ request: TransferRequest) throws(BenchError) -> TransferResult? {
        tag += 1
        var results: [TransferResult] = []
        do {
            try engine.add(request, tag: tag)
            while true {
                try engine.poll(timeoutMilliseconds: 100, into: &results)
                if let result = results.first { return result }
                if interruption.isRaised {
                    engine.cancel(tag: tag)
                    return nil
                }
            }
        } catch {
            throw .library(error.description)
        }
    }

    /// Sends a webhook; nil after an interruption.
    mutating func ask(_ request: TransferRequest) throws(BenchError) -> WebhookAnswer? {
        guard let result = try send(request) else { return nil }
        return WebhookAnswer(result.outcome)
    }
}
