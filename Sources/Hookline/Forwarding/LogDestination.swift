import POSIX

/// A destination `log:`, and the one without `--forward-to`: a webhook that is written to the log
/// is delivered.
struct LogDestination: Destination {
    /// Where the lines go.
    let log: Log
    /// The destination's name; nil for the one that nobody configured.
    var name: String?

    func open(attemptsMax: Int) throws(DestinationError) -> any OpenDestination {
        OpenLogDestination(log, name)
    }
}

/// It takes everything at once.
private final class OpenLogDestination: OpenDestination {
    private let log: Log
    private let bell = WakeSignal()
    private var ended: [AttemptEnd] = []

    private let name: String?

    init(_ log: Log, _ name: String?) {
        self.log = log
        self.name = name
    }

    var wake: @Sendable () -> Void { { [bell] in bell.ring() } }

    func begin(_ attempt: Attempt) {
        let webhook = attempt.webhook
        log.writeSampled(.info) {
            let words =
                name == nil ? "delivered to the log (no --forward-to)" : "delivered to the log"
            let line = LogLine(.info, words)
            return (name.map { line.with("destination", $0) } ?? line)
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
