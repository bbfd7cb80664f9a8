import Glibc

/// A listening socket that a supervisor such as systemd bound, holds, and handed to this process.
public struct InheritedSocket: Sendable, Equatable {
    /// The descriptor; it is this process's to keep, and the socket stays the supervisor's too.
    public let descriptor: Int32
    /// What the supervisor calls it; nil when it has no name for it.
    public let name: String?
    /// The address that it is bound to, 4 or 16 bytes.
    public let address: [UInt8]
    /// The port that it is bound to.
    public let port: UInt16

    /// A socket from its parts.
    public init(descriptor: Int32, name: String?, address: [UInt8], port: UInt16) {
        self.descriptor = descriptor
        self.name = name
        self.address = address
        self.port = port
    }
}

/// Why sockets that were handed over cannot be used.
public enum InheritedSocketFault: Error, Sendable, Equatable {
    /// The environment does not say how many, or says it wrongly: the variable and its text.
    case variable(name: String, text: String)
    /// There are fewer or more names than sockets.
    case names(count: Int, sockets: Int)
    /// There is no such descriptor, although it is said to be handed over.
    case notOpen(Int32)
    /// It is no socket.
    case notSocket(Int32)
    /// It is no socket of a stream of bytes: it may be one of datagrams.
    case notStream(Int32)
    /// It does not listen: it may be a connection, as with `Accept=yes`.
    case notListening(Int32)
    /// It is not bound to an IPv4 or IPv6 address.
    case notTCP(Int32)
}

/// The sockets that were handed to this process (sd_listen_fds(3)).
public enum InheritedSockets {
    /// The first descriptor; the others follow (`SD_LISTEN_FDS_START`).
    public static let first: Int32 = 3

    /// Reads the environment and looks at each socket. None when nothing was handed to this
    /// process. Call it before other threads start; it sets each socket not to block, and not to
    /// be handed on.
    public static func take() throws(InheritedSocketFault) -> [InheritedSocket] {
        try take(variable("LISTEN_PID"), variable("LISTEN_FDS"), variable("LISTEN_FDNAMES"))
    }

    /// The same with the texts of `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`.
    static func take(
        _ process: String?, _ count: String?, _ names: String?, first: Int32 = first
    ) throws(InheritedSocketFault) -> [InheritedSocket] {
        // Meant for another process: what this one inherited by accident is not its own.
        guard let count, process == String(getpid()) else { return [] }
        guard let number = Int32(count), (0...64).contains(number) else {
            throw .variable(name: "LISTEN_FDS", text: count)
        }
        let given = names.map { $0.split(separator: ":", omittingEmptySubsequences: false) } ?? []
        guard names == nil || given.count == Int(number) else {
            throw .names(count: given.count, sockets: Int(number))
        }
        var sockets: [InheritedSocket] = []
        for index in 0..<number {
            // `unknown` is what systemd says when it has no name (sd_listen_fds_with_names(3)).
            let name = given.isEmpty ? "unknown" : String(given[Int(index)])
            sockets.append(
                try look(first + index, name: name.isEmpty || name == "unknown" ? nil : name))
        }
        return sockets
    }

    private static func look(
        _ descriptor: Int32, name: String?
    ) throws(InheritedSocketFault) -> InheritedSocket {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0 else { throw .notOpen(descriptor) }
        guard let type = option(descriptor, SO_TYPE) else { throw .notSocket(descriptor) }
        guard type == Int32(SOCK_STREAM.rawValue) else { throw .notStream(descriptor) }
        guard option(descriptor, SO_ACCEPTCONN) == 1 else { throw .notListening(descriptor) }
        guard let (address, port) = address(of: descriptor) else { throw .notTCP(descriptor) }
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return InheritedSocket(descriptor: descriptor, name: name, address: address, port: port)
    }

    private static func option(_ descriptor: Int32, _ option: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        let code = getsockopt(descriptor, SOL_SOCKET, option, &value, &length)
        return code == 0 ? value : nil
    }

    private static func address(of descriptor: Int32) -> (bytes: [UInt8], port: UInt16)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { raw -> ([UInt8], UInt16)? in
            guard let pointer = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                getsockname(descriptor, pointer, &length) == 0
            else { return nil }
            // The port lies behind the family, the address of IPv4 at 4 and of IPv6 at 8.
            let port = UInt16(raw[2]) << 8 | UInt16(raw[3])
            switch Int32(pointer.pointee.sa_family) {
            case AF_INET: return (Array(raw[4..<8]), port)
            case AF_INET6: return (Array(raw[8..<24]), port)
            default: return nil
            }
        }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

extension InheritedSocketFault: CustomStringConvertible {
    /// One sentence: which descriptor, and what is wrong with it.
    public var description: String {
        switch self {
        case .variable(let name, let text): "\(name) is \"\(text)\", which is no number of sockets"
        case .names(let count, let sockets):
            "LISTEN_FDNAMES has \(count) names, LISTEN_FDS says \(sockets) sockets"
        case .notOpen(let descriptor): "descriptor \(descriptor) is not open"
        case .notSocket(let descriptor): "descriptor \(descriptor) is not a socket"
        case .notStream(let descriptor):
            "descriptor \(descriptor) is not a stream socket; use ListenStream="
        case .notListening(let descriptor):
            "descriptor \(descriptor) is not a listening socket; use Accept=no"
        case .notTCP(let descriptor):
            "descriptor \(descriptor) is not a TCP socket; use a port with ListenStream="
        }
    }
}
