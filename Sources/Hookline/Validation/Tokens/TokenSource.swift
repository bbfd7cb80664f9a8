/// Where the tokens of an account come from that the configuration does not name.
protocol TokenSource: Sendable {
    /// The account's tokens, first token first; none when the source knows no such account.
    ///
    /// Blocks the calling thread, until `deadlineNanoseconds` at most, or soon after nobody waits
    /// any more, which `isCancelled` says.
    func tokens(
        of account: [UInt8], deadlineNanoseconds: UInt64, isCancelled: () -> Bool
    ) throws(TokenSourceError) -> [Secret]
}

/// Why a source has no answer; never holds a token.
struct TokenSourceError: Error, Sendable, Equatable {
    /// The kinds of failure, for the label `result`.
    enum Reason: String, Sendable {
        case failed, timeout, malformed
    }

    let reason: Reason
    let sentence: String
}
