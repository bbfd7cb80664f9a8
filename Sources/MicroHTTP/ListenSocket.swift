import Glibc

/// A listening TCP socket that may share its port with others of this process.
public struct ListenSocket: ~Copyable {
    /// The descriptor; owned, closed by `deinit` unless it was given away.
    private var descriptor: Int32
    /// The port in use, also when port 0 was asked for.
    public let port: UInt16
    /// True when the socket is another process's too, such as systemd's: it stays open there.
    public let isInherited: Bool

    /// Binds and listens. `host` is a numeric address or `localhost`; port 0 takes a free one.
    ///
    /// With `shared`, SO_REUSEPORT lets each event loop have its own socket on one port. Any
    /// process of the same user could join such a port, so a server first calls `probe`.
    public init(host: String, port: UInt16, shared: Bool) throws(MicroHTTPError) {
        (descriptor, self.port) = try Self.open(host: host, port: port, shared: shared)
        isInherited = false
    }

    /// A socket that another process bound and holds; the caller's descriptor is duplicated.
    public init(inherited: Int32) throws(MicroHTTPError) {
        var address = SocketAddress()
        guard address.withMutableSockaddr({ getsockname(inherited, $0, $1) }) == 0 else {
            throw .lastError("getsockname")
        }
        let copy = fcntl(inherited, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .lastError("fcntl(F_DUPFD_CLOEXEC)") }
        descriptor = copy
        port = address.port
        isInherited = true
    }

    /// Throws when somebody listens on an address already, or it is not this machine's.
    ///
    /// The socket that finds out is bound and does not listen: the kernel would accept
    /// connections for it, and the close that follows would reset them.
    public static func probe(host: String, port: UInt16) throws(MicroHTTPError) {
        let bound = try bind(host: host, port: port, shared: false)
        close(bound.socket)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Gives the descriptor away; the caller closes it.
    consuming func take() -> Int32 {
        let given = descriptor
        descriptor = -1
        return given
    }

    private static func open(
        host: String, port: UInt16, shared: Bool
    ) throws(MicroHTTPError) -> (Int32, UInt16) {
        var (socket, address) = try bind(host: host, port: port, shared: shared)
        guard listen(socket, 4096) == 0 else { throw failure(socket, "listen") }
        guard address.withMutableSockaddr({ getsockname(socket, $0, $1) }) == 0 else {
            throw failure(socket, "getsockname")
        }
        return (socket, address.port)
    }

    private static func bind(
        host: String, port: UInt16, shared: Bool
    ) throws(MicroHTTPError) -> (socket: Int32, address: SocketAddress) {
        let address = try SocketAddress(host: host, port: port)
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let socket = Glibc.socket(address.family, Int32(type), 0)
        guard socket >= 0 else { throw .lastError("socket") }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, size)
        guard !shared || setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &one, size) == 0 else {
            throw failure(socket, "setsockopt(SO_REUSEPORT)")
        }
        guard address.withSockaddr({ Glibc.bind(socket, $0, $1) }) == 0 else {
            throw failure(socket, "bind")
        }
        return (socket, address)
    }

    private static func failure(_ socket: Int32, _ operation: String) -> MicroHTTPError {
        let error = MicroHTTPError.lastError(operation)
        close(socket)
        return error
    }
}
