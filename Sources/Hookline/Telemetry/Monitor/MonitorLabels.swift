import Prometheus

/// What the monitor judges.
enum MonitorAlert: String, LabelValue {
    case responseTime = "response_time"
    case validationFailures = "validation_failures"
}

/// How severe a verdict of the monitor is.
enum AlertSeverity: String, LabelValue {
    case warning, critical, error

    /// The level of the line that says that it begins.
    var logLevel: LogLevel {
        switch self {
        case .warning: .warning
        case .critical: .critical
        case .error: .error
        }
    }
}

/// The percentiles of the response time that are exposed over the window.
enum WindowPercentile: String, LabelValue {
    case median = "50"
    case ninetyFifth = "95"
    case ninetyNinth = "99"

    /// The share of requests that is not above it, in hundredths.
    var hundredths: UInt64 {
        switch self {
        case .median: 50
        case .ninetyFifth: 95
        case .ninetyNinth: 99
        }
    }
}

extension WebhookOutcome {
    /// True for a webhook of Twilio's, answered with 200 or, for want of a store, with 503: what
    /// the response time is measured over.
    var isGenuine: Bool { isServed || self == .unavailable }

    /// True for a webhook that was answered 200.
    var isServed: Bool { self == .accepted || self == .duplicate || self == .deferred }

    /// The position in `allCases`.
    var place: Int {
        switch self {
        case .accepted: 0
        case .duplicate: 1
        case .deferred: 2
        case .refused: 3
        case .malformed: 4
        case .unavailable: 5
        case .aborted: 6
        }
    }
}

extension WebhookPhase {
    /// The position in `allCases`.
    var place: Int {
        switch self {
        case .receive: 0
        case .validation: 1
        case .acknowledgement: 2
        case .response: 3
        case .background: 4
        }
    }
}

extension ValidationResult {
    /// True for what counts against the ratio of failed validations.
    var isFailure: Bool {
        self == .invalidSignature || self == .missingSignature || self == .unknownAccount
    }
}
