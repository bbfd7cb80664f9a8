import Prometheus
import Redis

/// One command on its way to Redis, and who hears what became of it.
struct RedisRequest: Sendable {
    /// What is sent.
    var command: RedisCommand
    /// When whoever asked must have heard, by the monotonic clock.
    var deadlineNanoseconds: UInt64
    /// How long Redis may keep the answer to itself: the time of a blocking command, else 0.
    var blockNanoseconds: UInt64 = 0
    /// True when an answer counts only once as many replicas as the link demands have what the
    /// command wrote; until then, and when they do not get it, the outcome is unknown.
    var needsReplicas = false
    /// Called exactly once, on the link's thread, or at once on the caller's when the link takes
    /// nothing.
    var completion: @Sendable (RedisOutcome) -> Void
}

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
