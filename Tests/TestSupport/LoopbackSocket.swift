import Glibc

/// Why a test's own socket could not be made.
public struct SocketFailure: Error {
    /// The call that failed.
    public var operation: String
    /// Its errno.
    public var code: Int32
}

/// Sockets on 127.0.0.1 for tests, and one kind on ::1.
public enum LoopbackSocket {
    /// A socket that listens on a free port of 127.0.0.1.
    public static func listening(backlog: Int32) throws -> (descriptor: Int32, port: UInt16) {
        var address = loopback(port: 0)
        let descriptor = try listening(AF_INET, at: &address, backlog)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// A socket that listens on a free port of ::1.
    public static func listeningOnIPv6(
        backlog: Int32
    ) throws -> (descriptor: Int32, port: UInt16) {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        let descriptor = try listening(AF_INET6, at: &address, backlog)
        return (descriptor, UInt16(bigEndian: address.sin6_port))
    }

    /// Binds to the address, listens, and writes down the address that it got.
    private static func listening<Address>(
        _ family: Int32, at address: inout Address, _ backlog: Int32
    ) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketFailure(operation: "socket", code: errno) }
        var length = socklen_t(MemoryLayout<Address>.size)
        let code = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                bind(descriptor, base, length) == 0, listen(descriptor, backlog) == 0
            else { return -1 }
            return getsockname(descriptor, base, &length)
        }
        guard code == 0 else { throw SocketFailure(operation: "bind", code: errno) }
        return descriptor
    }

    /// A port that nobody listens on.
    public static func closedPort() throws -> UInt16 {
        let (descriptor, port) = try listening(backlog: 1)
        close(descriptor)
        return port
    }

    /// A connection that stands; `receiveBytes` is the size of its receive buffer, `source` its own
    /// address, of 127.0.0.0/8.
    public static func connected(
        to port: UInt16, receiveBytes: Int32? = nil, from source: String? = nil
    ) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketFailure(operation: "socket", code: errno) }
        if var receiveBytes {
            let length = socklen_t(MemoryLayout<Int32>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, length)
        }
        if let source {
            var address = loopback(port: 0)
            inet_pton(AF_INET, source, &address.sin_addr)
            let code = withUnsafeBytes(of: &address) { bytes -> Int32 in
                guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                    return -1
                }
                return bind(descriptor, base, socklen_t(bytes.count))
            }
            guard code == 0 else { throw SocketFailure(operation: "bind", code: errno) }
        }
        guard connect(descriptor, port) == 0 else {
            let failure = SocketFailure(operation: "connect", code: errno)
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    /// A connection to a Unix socket that stands.
    public static func connected(path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketFailure(operation: "socket", code: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let code = withUnsafeBytes(of: &address) { bytes -> Int32 in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return -1
            }
            return Glibc.connect(descriptor, base, socklen_t(bytes.count))
        }
        guard code == 0 else {
            let failure = SocketFailure(operation: "connect", code: errno)
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    /// A connection under way, not waited for.
    public static func connecting(to port: UInt16) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_INET, Int32(kind), 0)
        _ = connect(descriptor, port)
        return descriptor
    }

    /// The port at the other end of a descriptor, nil when it is no such socket.
    public static func peerPort(_ descriptor: Int32) -> UInt16? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return -1
            }
            return getpeername(descriptor, base, &length)
        }
        guard code == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func connect(_ descriptor: Int32, _ port: UInt16) -> Int32 {
        var address = loopback(port: port)
        return withUnsafeBytes(of: &address) { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return -1
            }
            return Glibc.connect(descriptor, base, socklen_t(bytes.count))
        }
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
