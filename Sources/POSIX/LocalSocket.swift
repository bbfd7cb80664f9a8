import Glibc

/// One accepted or opened connection of a Unix socket; closed in `deinit`.
public struct LocalConnection: ~Copyable {
    let descriptor: Int32

    init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Connects to the socket at `path`.
    public init(path: String) throws(POSIXError) {
        descriptor = try LocalAddress(path).connect()
    }

    /// Reads until the peer closes, at most `bytesMax` bytes.
    public func readAll(bytesMax: Int, timeoutMilliseconds: Int32) -> [UInt8]? {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while all.count <= bytesMax {
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, timeoutMilliseconds) == 1 else { return nil }
            let got = read(descriptor, &buffer, buffer.count)
            if got == 0 { return all }
            guard got > 0 else { return nil }
            all.append(contentsOf: buffer.prefix(got))
        }
        return nil
    }

    /// Writes all bytes; false when the peer is gone.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool { Descriptor.write(bytes, to: descriptor) }
}

/// A listening Unix socket for its owner only; removed in `deinit`.
public struct LocalListener: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Listens at `path`; a left-over socket file of a dead process is replaced. The caller
    /// holds the folder's lock, so no living process can own the file.
    public init(path: String) throws(POSIXError) {
        try Folder.remove(path)
        descriptor = try LocalAddress(path).listen()
        self.path = path
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// Waits for a connection, at most `timeoutMilliseconds`; nil when none came.
    public func accept(timeoutMilliseconds: Int32) -> LocalConnection? {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, timeoutMilliseconds) == 1 else { return nil }
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { return nil }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return LocalConnection(owning: accepted)
    }
}

/// A Unix socket's address.
struct LocalAddress {
    private var address = sockaddr_un()
    private let path: String

    init(_ path: String) throws(POSIXError) {
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw POSIXError(
                operation: "socket \(path)", code: ENAMETOOLONG,
                message: "the path of a Unix socket has at most 107 bytes")
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self.path = path
    }

    func listen() throws(POSIXError) -> Int32 {
        let socket = try open()
        let mask = umask(0o177)
        let bound = call(bind, socket)
        umask(mask)
        guard bound == 0, Glibc.listen(socket, 16) == 0 else { throw failure("bind", socket) }
        return socket
    }

    func connect() throws(POSIXError) -> Int32 {
        let socket = try open()
        guard call(Glibc.connect, socket) == 0 else { throw failure("connect", socket) }
        return socket
    }

    private func open() throws(POSIXError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let opened = socket(AF_UNIX, type, 0)
        guard opened >= 0 else { throw .last("socket") }
        return opened
    }

    private func failure(_ operation: String, _ socket: Int32) -> POSIXError {
        let error = POSIXError.last("\(operation) \(path)")
        close(socket)
        return error
    }

    private func call(
        _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ socket: Int32
    ) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
