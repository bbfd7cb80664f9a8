import POSIX
import Synchronization

/// Says which header of a refused request left its origin unknown, and how to fix that: at most
/// one line a minute for each header, and never what stands in it.
final class OriginNotice: Sendable {
    private static let intervalNanoseconds: UInt64 = 60_000_000_000

    private let log: Log
    private let publicURL: String
    private let nextNanoseconds = Mutex<[OriginHeader: UInt64]>([:])

    init(_ configuration: Configuration, log: Log) {
        self.log = log
        publicURL =
            configuration.originFromHost
            ? "set --public-url in place of --origin-from-host" : "set --public-url"
    }

    /// Notes that a request was refused because `header` cannot be read. Any thread.
    func note(_ header: OriginHeader, at now: UInt64 = MonotonicClock.now()) {
        let isDue = nextNanoseconds.withLock { next in
            guard now >= next[header, default: 0] else { return false }
            next[header] = now + Self.intervalNanoseconds
            return true
        }
        guard isDue else { return }
        log.write(
            LogLine(
                .warning,
                "\(header.name) of a request cannot be read, so the request was refused with "
                    + "400: \(publicURL), or let the proxy \(Self.fix(header))"
            ).with("header", header.rawValue))
    }

    private static func fix(_ header: OriginHeader) -> String {
        switch header {
        case .host: "pass Host on as it came"
        case .forwardedProto: "send http or https there"
        case .forwardedHost: "send a host there, with or without a port"
        case .forwardedPort: "send a port from 1 to 65535 there"
        case .forwarded:
            "write it as RFC 7239 says, for example for=192.0.2.1;proto=https;host=example.com"
        }
    }
}
