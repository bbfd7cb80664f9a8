import Glibc
import TestSupport

/// What systemd is to a service: a datagram socket that takes its states.
final class NotifyListener {
    /// The value of NOTIFY_SOCKET.
    let path: String
    private let folder: TemporaryFolder
    private let descriptor: Int32
    private var taken: [String] = []

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("notify")
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafeBytes(of: &address) { raw in
            raw.withMemoryRebound(to: sockaddr.self) {
                bind(descriptor, $0.baseAddress, socklen_t(raw.count))
            }
        }
        guard bound == 0 else { throw ChildProcess.Failure("cannot bind: \(errno)") }
    }

    deinit { close(descriptor) }

    /// Every state so far, in order.
    var states: [String] {
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let got = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard got > 0 else { return taken }
            taken.append(String(decoding: buffer.prefix(got), as: UTF8.self))
        }
    }
}
