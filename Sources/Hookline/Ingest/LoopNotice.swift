import MicroHTTP

/// Finds requests that Hookline has forwarded to itself, and says so once a minute: `--forward-to`
/// leads back here. Any thread.
final class LoopNotice: Sendable {
    private let marks: InstallationMarks
    private let log: Log
    private let gate = OncePerMinute()

    init(_ marks: InstallationMarks, log: Log) {
        self.marks = marks
        self.log = log
    }

    /// True for a request that must not be taken: it would count as a repetition of the message
    /// that is just being forwarded, which would then be done and gone.
    func leadsBack(_ request: HTTPRequest) -> Bool {
        guard marks.isOwn(request) else { return false }
        if gate.takeTurn() {
            log.write(
                LogLine(
                    .error,
                    "a forwarded request came back (508): --forward-to leads to Hookline itself; "
                        + "name the address of your application"))
        }
        return true
    }
}
