import MicroHTTP
import POSIX
import Prometheus
import Synchronization

/// Counts genuine requests that were refused, and says in the log, at most once a minute for each
/// reason, what to do. Any thread.
final class RefusalNotice: Sendable {
    private static let pathBytesMax = 200

    private let metrics: ReceiverMetrics
    private let log: Log
    private let gates: [OncePerMinute]
    private let tooLargeGate = OncePerMinute()
    private let tooManyGate = OncePerMinute()

    init(metrics: ReceiverMetrics, log: Log) {
        self.metrics = metrics
        self.log = log
        gates = GenuineRejection.allCases.map { _ in OncePerMinute() }
    }

    /// A genuine request was refused; `loop` is the loop that received it.
    func refused(_ request: HTTPRequest, _ rejection: GenuineRejection, loop: Int) {
        metrics.genuineRefused[rejection].add(shard: loop)
        let index = GenuineRejection.allCases.firstIndex(of: rejection) ?? 0
        guard gates[index].takeTurn() else { return }
        // The path is Twilio's word, the query may hold anything.
        let path = request.path.prefix(Self.pathBytesMax)
        log.write(
            LogLine(.warning, rejection.sentence).with("reason", rejection.rawValue)
                .with("path", bytes: path))
    }
}

extension RefusalNotice {
    /// A signed request has more parameters than `--parameters-max`; it is kept.
    func tooManyParameters() {
        guard tooManyGate.takeTurn() else { return }
        log.write(
            LogLine(
                .warning,
                "a request with a Twilio signature has more parameters than --parameters-max; it "
                    + "is kept: raise --parameters-max, then hookline queue release"))
    }

    /// A signed request has a body above `--body-bytes-max`. Nobody has read or verified it, so it
    /// is not kept; `bodyBytes` is what it says of itself, nil when it says nothing.
    func tooLarge(bodyBytes: Int?) {
        guard tooLargeGate.takeTurn() else { return }
        log.write(
            LogLine(
                .warning,
                "a request with a Twilio signature has a body above --body-bytes-max; it was "
                    + "refused with 413 and is not kept: raise --body-bytes-max if it is Twilio's"
            ).with("body_bytes", bodyBytes ?? 0))
    }
}

extension GenuineRejection {
    /// What happened and what to do.
    fileprivate var sentence: String {
        switch self {
        case .notFound:
            "Twilio called a path that is not a route: enter the URL of a route in Twilio's "
                + "console, or add the path to `routes`; the request is kept: "
                + "hookline queue release"
        case .method:
            "Twilio's request came with a method that is neither POST nor GET: look at what "
                + "stands in front of Hookline; the request is kept: hookline queue release"
        case .ambiguousForm:
            "a genuine request has a field twice with different values, and nobody can say which "
                + "is meant; it is kept: hookline queue show, then queue release --force"
        }
    }
}
