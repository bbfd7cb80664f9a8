/// How a transfer ended.
public struct TransferResult: Sendable, Equatable {
    /// What came of it.
    public enum Outcome: Sendable, Equatable {
        /// A complete response head arrived, and the body whole or up to its limit.
        case response(TransferResponse)
        /// No usable response: the kind, libcurl's code and libcurl's fixed words for the code.
        case failed(TransferFailure, code: Int32, message: String)
    }

    /// The tag that the request was added with.
    public var tag: UInt64
    /// What came of it.
    public var outcome: Outcome
    /// From `add` to the end, by the monotonic clock.
    public var durationNanoseconds: UInt64
    /// Whether the connection had served an earlier transfer.
    public var reusedConnection: Bool
    /// How often sending the request began: 0 means that the server cannot have seen it, 2 that
    /// libcurl found a kept connection dead and sent the request again, so that the server may
    /// have seen it twice (https://github.com/curl/curl/pull/18417).
    public var timesSent: Int

    /// A result from its parts.
    public init(
        tag: UInt64, outcome: Outcome, durationNanoseconds: UInt64 = 0,
        reusedConnection: Bool = false, timesSent: Int = 1
    ) {
        self.tag = tag
        self.outcome = outcome
        self.durationNanoseconds = durationNanoseconds
        self.reusedConnection = reusedConnection
        self.timesSent = timesSent
    }
}
