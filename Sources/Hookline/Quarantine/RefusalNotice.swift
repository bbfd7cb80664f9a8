import MicroHTTP
import POSIX
import Prometheus
import Synchronization

/// Why a request was refused although its signature is right, as the label `reason`.
enum GenuineRejection: String, LabelValue {
    /// Its path is no route.
    case notFound = "not_found"
    /// Its method is neither POST nor GET.
    case method
    /// A field that has one value is there with two.
    case ambiguousForm = "ambiguous_form"

    /// Nil for a refusal that no genuine request meets.
    init?(_ rejection: Rejection) {
        switch rejection {
        case .notFound: self = .notFound
        case .methodNotAllowed: self = .method
        case .ambiguousForm: self = .ambiguousForm
        case .unsupportedMediaType, .malformedForm, .missingSignature, .invalidSignature,
            .unknownAccount, .noOrigin:
            return nil
        }
    }

    /// What its answer says.
    var rejection: Rejection {
        switch self {
        case .notFound: .notFound
        case .method: .methodNotAllowed
        case .ambiguousForm: .ambiguousForm
        }
    }

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

/// Counts genuine requests that were refused, and says in the log, at most once a minute for each
/// reason, what to do. Any thread.
final class RefusalNotice: Sendable {
    private static let pathBytesMax = 200

    private let metrics: ReceiverMetrics
    private let log: Log
    private let gates: [OncePerMinute]

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

/// Lets one thing through in a minute. Any thread.
final class OncePerMinute: Sendable {
    private let nextNanoseconds = Atomic<UInt64>(0)

    /// True for the first call in a minute.
    func takeTurn() -> Bool {
        let now = MonotonicClock.now()
        let next = nextNanoseconds.load(ordering: .relaxed)
        guard now >= next else { return false }
        return nextNanoseconds.compareExchange(
            expected: next, desired: now + 60_000_000_000, ordering: .relaxed
        ).exchanged
    }
}
