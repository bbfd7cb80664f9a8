import POSIX

/// Counts webhooks that are forwarded without a signature, because their account has no token in
/// force any more, and says so once a minute. Any thread.
final class UnsignedNotice: Sendable {
    private let metrics: ReceiverMetrics
    private let log: Log
    private let gate = OncePerMinute()

    init(metrics: ReceiverMetrics, log: Log) {
        self.metrics = metrics
        self.log = log
    }

    /// A webhook of an account without a token is forwarded.
    func note(_ webhook: Webhook) {
        metrics.errors[.tokenSource].add(shard: metrics.backgroundShard)
        guard gate.takeTurn() else { return }
        log.write(
            LogLine(
                .warning,
                "webhooks are forwarded without X-Twilio-Signature, because their account has no "
                    + "Auth Token any more: list it again until nothing of it is owed"
            ).with("account", bytes: webhook[.account]))
    }
}
