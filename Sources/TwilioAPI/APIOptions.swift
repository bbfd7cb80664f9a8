/// How a connection to Twilio's API behaves; fixed for its life.
public struct APIOptions: Sendable {
    /// Where it is.
    public var address: APIAddress
    /// Who asks.
    public var credentials: APICredentials
    /// Requests under way at once. Twilio limits how many an account may have
    /// (https://www.twilio.com/docs/api/errors/20429).
    public var concurrencyMax = 8
    /// One attempt, in milliseconds.
    public var attemptMillisecondsMax = 10_000
    /// A whole call with its retries, in milliseconds.
    public var callMillisecondsMax = 30_000
    /// Attempts of one call.
    public var attemptsMax = 5
    /// The longest wait before a second attempt, in milliseconds; it doubles with each.
    public var retryMilliseconds = 500
    /// How long a `Retry-After` is honoured, in milliseconds.
    public var retryAfterMillisecondsMax = 60_000
    /// Bytes of one answer.
    public var answerBytesMax = 4 << 20
    /// Rows of one page of a list.
    public var pageRows = 200
    /// What the requests say they come from.
    public var userAgent = "Hookline"
    /// A PEM file of certificate authorities; nil trusts the system's.
    public var certificateAuthorityFile: String?
    /// Hears of every attempt.
    public var observer: (any APIObserver)?
    /// A number from 0 up to 1, for jitter; tests inject their own.
    public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    /// The usual behaviour.
    public init(address: APIAddress, credentials: APICredentials) {
        self.address = address
        self.credentials = credentials
    }
}

/// Hears of every attempt to reach Twilio's API, on the thread that makes it.
public protocol APIObserver: Sendable {
    /// An attempt ended.
    func ended(_ resource: APIResource, _ result: APIResult, durationNanoseconds: UInt64)
}

/// How an attempt ended, as a label of metrics.
public enum APIResult: String, Sendable, CaseIterable {
    /// 2xx with the JSON that was expected.
    case success
    /// 4xx: Twilio says no.
    case refused
    /// 401 or 403: these credentials may not.
    case unauthorized
    /// 429: not now.
    case throttled
    /// 5xx.
    case serverError = "server_error"
    /// 3xx: it is not followed, because credentials would go where nobody said.
    case redirected
    /// No answer in time.
    case timeout
    /// No connection, or it broke.
    case unreachable
    /// An answer that is not what Twilio's documents say.
    case malformed
}
