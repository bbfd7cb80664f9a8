import MicroHTTP
import Prometheus

/// How a webhook's request ended.
enum WebhookOutcome: String, LabelValue {
    case accepted, duplicate, deferred, refused, malformed, unavailable, aborted

    /// As what a request counts whose reply did not leave whole, because its sender had gone. A
    /// refused one stays refused: nobody knows who sent it, and the objectives are Twilio's.
    var withoutItsReply: WebhookOutcome {
        self == .refused || self == .malformed ? self : .aborted
    }
}

/// The stretches of a webhook's time.
enum WebhookPhase: String, LabelValue {
    case receive, validation, acknowledgement, response, background
}

/// What validation said.
enum ValidationResult: String, LabelValue {
    case valid, deferred, malformed
    case invalidSignature = "invalid_signature"
    case missingSignature = "missing_signature"
    case unknownAccount = "unknown_account"
}

/// The budgets of time that can be exceeded.
enum Budget: String, LabelValue {
    case signature, validation, acknowledgement, response
}

/// Where an error belongs.
enum ErrorType: String, LabelValue {
    case framing, form, signature, store, redis, destination, configuration, loop, `internal`
    case bodyTooLarge = "body_too_large"
    case tokenSource = "token_source"
}

/// Which of an account's tokens matched.
enum TokenPosition: String, LabelValue {
    case first, second, later

    init(index: Int) {
        self = index == 0 ? .first : index == 1 ? .second : .later
    }
}

/// What happens to a request whose account's token is late.
public enum SignatureTimeoutPolicy: String, LabelValue {
    /// Stored as unverified, answered 200, verified before it is dispatched.
    case `defer`
    /// Answered 503.
    case reject
    /// Taken without verification.
    case allow
}

/// The tiers of the validation cache.
enum CacheTier: String, LabelValue {
    case memory, redis
}

/// How a lookup in the validation cache ended.
enum CacheResult: String, LabelValue {
    case hit, miss, timeout, error
}

/// What a request that was stored unverified turned out to be.
enum UnverifiedResult: String, LabelValue {
    case genuine, forged, expired
}

/// How a token source answered.
enum TokenFetchResult: String, LabelValue {
    case found, unknown, failed, timeout
}

/// The store behind a queue.
enum StoreName: String, LabelValue {
    case sqlite, redis
}

/// What a store was doing.
enum StoreOperation: String, LabelValue {
    /// A transaction of SQLite, or an append to Redis.
    case commit
    /// The write-ahead log is copied into the database; SQLite only.
    case checkpoint
}

/// The states of a delivery that make up the queue's depth.
enum DepthState: String, LabelValue {
    case available, running, retryable

    var state: DeliveryState {
        switch self {
        case .available: .available
        case .running: .running
        case .retryable: .retryable
        }
    }
}

/// The severities of the response-time thresholds.
enum ResponseTimeSeverity: String, LabelValue {
    case warning, critical
}

/// The severity of the validation-failure threshold.
enum ValidationFailureSeverity: String, LabelValue {
    case error
}

extension DeliveryPriority: LabelValue {}

/// Which way the wall clock was stepped.
enum ClockDirection: String, LabelValue {
    case forward, back
}

/// The status with which a request was refused before it was complete.
enum EngineStatus: String, LabelValue {
    /// A head, a chunk or a trailer that is not written as HTTP/1.1 asks.
    case badRequest = "400"
    case contentTooLarge = "413"
    case targetTooLong = "414"
    case expectationFailed = "417"
    case headTooLarge = "431"
    /// `CONNECT`, or a method longer than any that there is.
    case notImplemented = "501"
    case versionNotSupported = "505"
    case other

    /// The status as a label; what is not expected is `other`.
    init(_ status: UInt16) { self = EngineStatus(rawValue: "\(status)") ?? .other }
}

extension HTTPConnectionEnd: LabelValue {}

/// Why a request was answered 503 before anything was done for it.
enum ShedReason: String, LabelValue {
    /// Nine tenths of the connections are in use.
    case connections
    /// The server is stopping.
    case stopping
    /// Too many webhooks wait for immediate processing.
    case waiting
}
