/// Counts every webhook that is answered 503 by its cause, and says each cause once a minute.
final class UnavailableNotice: Sendable {
    private let metrics: ReceiverMetrics
    private let log: Log
    private let turns = UnavailableCause.allCases.map { _ in OncePerMinute() }

    init(metrics: ReceiverMetrics, log: Log) {
        self.metrics = metrics
        self.log = log
    }

    /// One webhook is answered 503. Any thread.
    func note(_ cause: UnavailableCause) {
        metrics.webhooksUnavailable[cause].add(shard: metrics.backgroundShard)
        guard turns[cause.place - 1].takeTurn() else { return }
        log.write(
            LogLine(.error, "a webhook is answered 503; said once a minute for each cause")
                .with("cause", cause.rawValue).with("error", cause.sentence))
    }
}
