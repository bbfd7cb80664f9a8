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
