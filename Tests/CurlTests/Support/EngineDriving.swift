import Curl
import TestSupport
import Testing

/// More time than any test needs.
struct StillRunning: Error {}

extension TransferEngine {
    /// Drives the engine until so many results are there.
    mutating func results(_ count: Int) throws -> [TransferResult] {
        var results: [TransferResult] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while results.count < count {
            guard ContinuousClock.now < deadline else { throw StillRunning() }
            try poll(timeoutMilliseconds: 1_000, into: &results)
        }
        return results
    }

    /// Sends one request and waits for its result.
    mutating func run(_ request: TransferRequest, tag: UInt64 = 1) throws -> TransferResult {
        try add(request, tag: tag)
        return try results(1)[0]
    }

    /// Drives the engine until a condition holds.
    mutating func drive(until condition: () -> Bool) throws {
        var results: [TransferResult] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while !condition() {
            guard ContinuousClock.now < deadline else { throw StillRunning() }
            try poll(timeoutMilliseconds: 5, into: &results)
        }
    }
}

extension TransferResult {
    /// The response, nil for a failure.
    var response: TransferResponse? {
        guard case .response(let response) = outcome else { return nil }
        return response
    }

    /// The failure, nil for a response.
    var failure: TransferFailure? {
        guard case .failed(let failure, _, _) = outcome else { return nil }
        return failure
    }
}
