/// What can go wrong while an engine is set up or given work; transfers themselves never throw,
/// they end in a `TransferResult`.
public enum CurlError: Error, Sendable, Equatable {
    /// The URL is not an absolute http or https URL, or holds a byte that a URL may not hold.
    case urlRefused
    /// The header line of this index is not `Name: value`, holds a control character, or names a
    /// field that the engine sets itself.
    case headerRefused(index: Int)
    /// A timeout is below one millisecond; libcurl would take 0 for "wait for ever".
    case timeoutRefused
    /// A transfer with the same tag is running.
    case tagInUse
    /// As many transfers are running as the engine may run.
    case full
    /// A call to libcurl failed: its name, its result code and libcurl's fixed words for it.
    case library(operation: String, code: Int32, message: String)

    /// A fixed word for the case, usable as a metric label.
    public var reason: String {
        switch self {
        case .urlRefused: "url_refused"
        case .headerRefused: "header_refused"
        case .timeoutRefused: "timeout_refused"
        case .tagInUse: "tag_in_use"
        case .full: "full"
        case .library: "library"
        }
    }
}

extension CurlError: CustomStringConvertible {
    /// One sentence for people; it never holds the URL, a header's value or a body.
    public var description: String {
        switch self {
        case .urlRefused: "the URL is not an absolute http or https URL"
        case .headerRefused(let index): "header line \(index) cannot be sent as it is"
        case .timeoutRefused: "a timeout is below one millisecond"
        case .tagInUse: "a transfer with this tag is running"
        case .full: "the engine runs as many transfers as it may"
        case .library(let operation, let code, let message):
            "\(operation) failed: \(message) (\(code))"
        }
    }
}
