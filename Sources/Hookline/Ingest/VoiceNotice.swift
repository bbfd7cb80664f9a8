import POSIX

/// Notices requests of Twilio Voice that want TwiML: the empty `<Response/>` that they are answered
/// with ends the call. Counted each time, said in the log at most once a minute. Any thread.
final class VoiceNotice: Sendable {
    private let metrics: ReceiverMetrics
    private let log: Log
    private let gate = OncePerMinute()

    init(metrics: ReceiverMetrics, log: Log) {
        self.metrics = metrics
        self.log = log
    }

    /// A genuine request was taken; `loop` is the loop that received it.
    func accepted(_ request: TwilioRequest, loop: Int) {
        guard request.kind == .voice, WebhookReader.wantsTwiML(request.content) else { return }
        metrics.voiceHangups.add(shard: loop)
        guard gate.takeTurn() else { return }
        log.write(
            LogLine(
                .warning,
                "Twilio Voice asked what to do with a call, and the answer, an empty Response, "
                    + "ends it: enter your application's own URL in Twilio as the webhook for "
                    + "calls, and Hookline's only for status callbacks"))
    }
}
