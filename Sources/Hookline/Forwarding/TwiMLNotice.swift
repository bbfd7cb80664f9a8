/// Notices answers of the application that carry TwiML verbs: Twilio has its answer already, so
/// the verbs are not executed. Counted each time, logged at most once a minute.
final class TwiMLNotice: Sendable {
    private let metrics: ReceiverMetrics
    private let log: Log
    private let gate = OncePerMinute()

    init(metrics: ReceiverMetrics, log: Log) {
        self.metrics = metrics
        self.log = log
    }

    /// Looks at one answer. The forwarding thread.
    func look(at outcome: AttemptOutcome) {
        guard outcome.carriesVerbs else { return }
        metrics.twimlIgnored.add(shard: metrics.backgroundShard)
        guard gate.takeTurn() else { return }
        log.write(
            LogLine(
                .warning,
                "the application answered with TwiML verbs, which are ignored: Twilio has its "
                    + "answer already. Send messages with Twilio's REST API instead"))
    }
}
