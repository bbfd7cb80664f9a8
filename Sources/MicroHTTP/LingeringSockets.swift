import Glibc

/// Connections that are closed on our side and not yet on the client's.
///
/// A socket that is closed with unread bytes resets its connection, and the reset can overtake
/// the answer. So a second descriptor keeps the socket until the client has closed too, or for a
/// bounded time; what still comes is read and thrown away.
struct LingeringSockets: ~Copyable {
    private var sockets: [(descriptor: Int32, untilNanoseconds: UInt64)] = []

    /// None.
    init() {}

    deinit {
        for socket in sockets { close(socket.descriptor) }
    }

    /// How many there are.
    var count: Int { sockets.count }

    /// Keeps the connection of `descriptor`, which its owner is about to close, until a time of
    /// the monotonic clock. Nothing is kept when the client has closed already.
    mutating func keep(_ descriptor: Int32, untilNanoseconds: UInt64) {
        guard Self.isOpen(descriptor) else { return }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        // Without a descriptor to spare the connection ends as it would have without this.
        guard copy >= 0 else { return }
        sockets.append((copy, untilNanoseconds))
    }

    /// Reads what came, and closes what the client closed or what has stayed long enough.
    mutating func sweep(at now: UInt64) {
        sockets.removeAll { socket in
            if now < socket.untilNanoseconds, Self.isOpen(socket.descriptor) { return false }
            close(socket.descriptor)
            return true
        }
    }

    /// Reads and throws away what is there, at most 64 KiB; false when the client has closed.
    private static func isOpen(_ descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { buffer in
            for _ in 0..<4 {
                let count = recv(
                    descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                if count == 0 { return false }
                if count < 0 { return errno == EAGAIN || errno == EINTR }
            }
            return true
        }
    }
}
