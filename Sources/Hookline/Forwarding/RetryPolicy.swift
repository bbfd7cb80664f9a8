/// What follows from one attempt.
enum AttemptVerdict: Sendable, Equatable {
    /// The application has it.
    case completed
    /// It is tried again at this time: milliseconds of the store's clock.
    case retry(dueMilliseconds: Int64)
    /// It is given up.
    case deadLetter(DeadLetterReason)
}

/// When a failed delivery is tried again: exponential backoff with full jitter, so that
/// deliveries that failed together do not come back together
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
struct RetryPolicy: Sendable {
    /// The longest wait after the first attempt.
    var initialMilliseconds: Int64
    /// By how much the longest wait grows with each attempt.
    var factor: Double
    /// The longest wait at all.
    var capMilliseconds: Int64
    /// How long a `Retry-After` is honoured.
    var retryAfterMaxMilliseconds: Int64
    /// How long after its receipt a webhook is given up.
    var windowMilliseconds: Int64
    /// Statuses with which an application refuses a message for good, and from which attempt on
    /// such an answer makes it a dead letter.
    var refusals: Set<Int> = []
    var refusalAttempts = 1
    /// A number from 0 up to 1; tests inject their own.
    var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    /// Judges attempt number `attempt`, counted from 1. When the delivery began to be owed and the
    /// present are of one clock (`StoreClock`).
    func verdict(
        on outcome: AttemptOutcome, attempt: Int, owedMilliseconds: Int64,
        nowMilliseconds: Int64
    ) -> AttemptVerdict {
        switch outcome.result {
        case .success: return .completed
        case .gone: return .deadLetter(.gone)
        default: break
        }
        if let status = outcome.status, refusals.contains(status), attempt >= refusalAttempts {
            return .deadLetter(.refused)
        }
        let grown = Double(initialMilliseconds) * power(factor, attempt - 1)
        let longest = min(Double(capMilliseconds), grown)
        var wait = max(1, Int64(longest * random()))
        if let asked = outcome.retryAfterMilliseconds {
            // The jitter stays on top: everybody was told the same number.
            wait += min(asked, retryAfterMaxMilliseconds)
        }
        let due = nowMilliseconds + wait
        return due > owedMilliseconds + windowMilliseconds
            ? .deadLetter(.expired) : .retry(dueMilliseconds: due)
    }

    /// Grows until the cap is passed and no further, so that no attempt number overflows.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<max(0, exponent) {
            result *= base
            if result * Double(initialMilliseconds) >= Double(capMilliseconds) { break }
        }
        return result
    }
}
