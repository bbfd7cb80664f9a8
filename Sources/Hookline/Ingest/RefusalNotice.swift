import MicroHTTP

/// Counts genuine requests that were refused, and says in the log, at most once a minute for each
/// reason, what to do. Any thread.
final class RefusalNotice: Sendable {
    private static let pathBytesMax = 200

    private let genuine: [Notice]
    private let largeBody: Notice
    private let manyParameters: Notice

    init(metrics: ReceiverMetrics, log: Log) {
        genuine = GenuineRejection.allCases.map { rejection in
            Notice(log, counter: metrics.genuineRefused[rejection], rejection.sentence)
        }
        largeBody = .largeBody(log)
        manyParameters = .manyParameters(log)
    }

    /// A genuine request was refused; `loop` is the loop that received it.
    func refused(_ request: HTTPRequest, _ rejection: GenuineRejection, loop: Int) {
        let index = GenuineRejection.allCases.firstIndex(of: rejection) ?? 0
        genuine[index].note(shard: loop) { line in
            // The path is Twilio's word, the query may hold anything.
            line.with("reason", rejection.rawValue)
                .with("path", bytes: request.path.prefix(Self.pathBytesMax))
        }
    }
}

extension RefusalNotice {
    /// A signed request has more parameters than `--parameters-max`; it is kept.
    func tooManyParameters() {
        manyParameters.note()
    }

    /// A signed request has a body above `--body-bytes-max`. Nobody has read or verified it, so it
    /// is not kept; `bodyBytes` is what it says of itself, nil when it says nothing.
    func tooLarge(bodyBytes: Int?) {
        largeBody.note { $0.with("body_bytes", bodyBytes ?? 0) }
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
