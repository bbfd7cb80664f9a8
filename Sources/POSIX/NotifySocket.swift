import Glibc

/// The socket on which a supervisor such as systemd is told of a service's state (sd_notify(3)).
public struct NotifySocket: Sendable {
    private let address: [UInt8]

    /// The socket that the environment names; nil without one, or when it cannot be one.
    public init?() {
        guard let value = getenv("NOTIFY_SOCKET") else { return nil }
        self.init(path: Array(String(cString: value).utf8))
    }

    /// The socket at a path; `@` as the first byte stands for the abstract name space.
    init?(path: [UInt8]) {
        guard let first = path.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
            path.count < MemoryLayout<sockaddr_un>.size - Self.pathOffset
        else { return nil }
        address = first == UInt8(ascii: "@") ? [0] + path.dropFirst() : path
    }

    /// How often the supervisor wants a sign of life, in nanoseconds; nil when it wants none from
    /// this process.
    public static var watchdogNanoseconds: UInt64? {
        guard let text = getenv("WATCHDOG_USEC"),
            let microseconds = UInt64(String(cString: text)), microseconds > 0
        else { return nil }
        if let owner = getenv("WATCHDOG_PID"), String(cString: owner) != String(getpid()) {
            return nil
        }
        return microseconds.multipliedReportingOverflow(by: 1000).partialValue
    }

    /// Sends a state such as `READY=1`; false when nobody takes it. It never waits.
    @discardableResult
    public func send(_ state: String) -> Bool {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: address) }
        let length = socklen_t(Self.pathOffset + address.count)
        let bytes = Array(state.utf8)
        let sent = withUnsafeBytes(of: &target) { raw in
            raw.withMemoryRebound(to: sockaddr.self) { pointer in
                sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer.baseAddress, length
                )
            }
        }
        return sent == bytes.count
    }

    /// Where the path begins in a Unix socket's address: after the family.
    private static let pathOffset = MemoryLayout<sa_family_t>.size
}
