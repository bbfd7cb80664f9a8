import POSIX

/// The destination without `--forward-to`: a webhook that is written to the log is delivered.
struct LogDestination: Destination {
    /// Where the lines go.
    let log: Log

    func open(attemptsMax: Int) throws(DestinationError) -> any OpenDestination {
        OpenLogDestination(log)
    }
}

/// It takes everything at once.
private final class OpenLogDestination: OpenDestination {
    private let log: Log
    private let bell = WakeSignal()
    private var ended: [AttemptEnd] = []

    init(_ log: Log) { self.log = log }

    var wake: @Sendable () -> Void { { [bell] in bell.ring() } }

    func begin(_ attempt: Attempt) {
        let webhook = attempt.webhook
        log.writeSampled(.info) {
            LogLine(.info, "delivered to the log (no --forward-to)")
                .with("kind", webhook.kind.rawValue).with("priority", webhook.priority.rawValue)
                .with("message_sid", bytes: webhook[.messageSID])
        }
        ended.append(
            AttemptEnd(
                tag: attempt.tag, outcome: AttemptOutcome(result: .success, isLogged: true)))
    }

    func wait(milliseconds: Int, into ends: inout [AttemptEnd]) throws(DestinationError) {
        if ended.isEmpty {
            bell.wait(untilNanoseconds: MonotonicClock.now() + UInt64(milliseconds) * 1_000_000)
        }
        ends += ended
        ended.removeAll(keepingCapacity: true)
    }
}
