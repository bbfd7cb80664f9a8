import POSIX

/// Says, once a minute, that a request was refused because its first line and header are too long.
/// libmicrohttpd answers before anybody can see whose request it is. Any thread.
final class LongHeadNotice: Sendable {
    private let log: Log
    private let gate = OncePerMinute()

    init(_ log: Log) { self.log = log }

    /// A request was answered 414 or 431.
    func note(status: UInt16) {
        guard gate.takeTurn() else { return }
        log.write(
            LogLine(
                .warning,
                "a request was refused because its first line and header are longer than "
                    + "--header-bytes-max; it is not kept: if it is a GET of Twilio's, choose POST "
                    + "in Twilio's console, or raise --header-bytes-max"
            ).with("status", status))
    }
}
