import Synchronization
import TestSupport

@testable import TwilioAPI

extension TwilioStandIn {
    /// Options for this server: quick retries without jitter.
    func options(
        token: String = "12345", observer: (any APIObserver)? = nil
    ) throws -> APIOptions {
        guard let address = APIAddress(url: url) else { throw NoAddress() }
        var options = APIOptions(
            address: address,
            credentials: APICredentials(user: Self.account, password: Array(token.utf8)))
        options.retryMilliseconds = 2
        options.attemptMillisecondsMax = 5_000
        options.callMillisecondsMax = 20_000
        options.observer = observer
        options.random = { 1 }
        return options
    }

    private struct NoAddress: Error {}
}

/// What an observer heard.
final class HeardAttempts: APIObserver {
    let attempts = Mutex<[(APIResource, APIResult)]>([])

    func ended(_ resource: APIResource, _ result: APIResult, durationNanoseconds: UInt64) {
        attempts.withLock { $0.append((resource, result)) }
    }

    var results: [APIResult] { attempts.withLock { $0.map(\.1) } }
}

/// A message to be sent.
extension MessageRequest {
    static let sample = MessageRequest(
        accountSID: TwilioStandIn.account, to: "+15550101", from: "+15550100", body: "Hi & bye")
}
