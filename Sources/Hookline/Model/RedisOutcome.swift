import Prometheus
import Redis

/// What became of a request. What is not known is told apart from what did not happen.
enum RedisOutcome: Sendable, Equatable {
    /// Redis answered, perhaps with an error.
    case reply(RedisReply)
    /// Redis has not seen the command and will not see it from this request.
    case notSent(RedisFailure)
    /// The command was sent and nobody heard the answer: Redis may have run it, or will.
    case unknown(RedisFailure)
}

/// Why a request has no answer, as the label `reason`.
enum RedisFailure: String, LabelValue {
    /// The deadline passed.
    case timeout
    /// The connection ended, or was given up.
    case closed
    /// What arrived was no reply.
    case garbled
    /// The breaker is open: Redis is not asked.
    case breakerOpen = "breaker_open"
    /// Too many requests wait.
    case full
    /// Redis did it, and too few replicas have it.
    case notReplicated = "not_replicated"
    /// The process ends.
    case stopping

    /// What the end of a connection means for a request that was sent on it.
    init(_ error: RedisError) {
        self =
            switch error {
            case .timeout: .timeout
            case .garbled: .garbled
            case .unresolved, .unreachable, .closed, .refused, .notMaster: .closed
            }
    }
}

/// What a connection is for, as the label `role`.
enum RedisRole: String, LabelValue {
    /// Validations that other machines have made.
    case cache
    /// The shared queue.
    case queue
    /// Tokens of accounts.
    case tokens
}
