import Glibc
import TestSupport
import Testing

@testable import POSIX

/// What a supervisor hands over, and what is wrong with it.
@Suite struct InheritedSocketsTests {
    private let own = String(getpid())

    private func fault(
        _ process: String?, _ count: String?, _ names: String?, first: Int32
    ) -> InheritedSocketFault? {
        do {
            _ = try InheritedSockets.take(process, count, names, first: first)
            return nil
        } catch { return error }
    }

    @Test func `what is meant for another process is not taken`() throws {
        let (descriptor, _) = try LoopbackSocket.listening(backlog: 4)
        defer { close(descriptor) }
        for (process, count) in [(nil, "1"), ("1", "1"), (own, nil), (own, "0")]
            as [(
                String?, String?
            )]
        {
            #expect(
                try InheritedSockets.take(process, count, nil, first: descriptor).isEmpty)
        }
    }

    @Test func `a listening socket is taken with its name, address and port`() throws {
        let (descriptor, port) = try LoopbackSocket.listening(backlog: 4)
        defer { close(descriptor) }
        for (names, name) in [(nil, nil), ("unknown", nil), ("", nil), ("ops", "ops")]
            as [(
                String?, String?
            )]
        {
            let taken = try InheritedSockets.take(own, "1", names, first: descriptor)
            #expect(
                taken == [
                    InheritedSocket(
                        descriptor: descriptor, name: name, address: [127, 0, 0, 1], port: port)
                ])
        }
        #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
        let (six, sixPort) = try LoopbackSocket.listeningOnIPv6(backlog: 4)
        defer { close(six) }
        let taken = try InheritedSockets.take(own, "1", nil, first: six)
        #expect(taken.first?.address == [UInt8](repeating: 0, count: 15) + [1])
        #expect(taken.first?.port == sixPort)
    }

    @Test func `each fault is named with its descriptor`() throws {
        let (listening, _) = try LoopbackSocket.listening(backlog: 4)
        defer { close(listening) }
        for count in ["", "x", "-1", "65", "1 "] {
            #expect(
                fault(own, count, nil, first: listening)
                    == .variable(name: "LISTEN_FDS", text: count))
        }
        #expect(fault(own, "1", "a:b", first: listening) == .names(count: 2, sockets: 1))
        #expect(fault(own, "1", nil, first: 9_999) == .notOpen(9_999))
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        #expect(fault(own, "1", nil, first: file) == .notSocket(file))
        let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(datagrams) }
        #expect(fault(own, "1", nil, first: datagrams) == .notStream(datagrams))
        let unused = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(unused) }
        #expect(fault(own, "1", nil, first: unused) == .notListening(unused))
        let local = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(local) }
        // Without an address it gets one of the kernel's own.
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let length = socklen_t(MemoryLayout<sa_family_t>.size)
        withUnsafeBytes(of: &address) { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return
            }
            #expect(bind(local, base, length) == 0 && listen(local, 4) == 0)
        }
        #expect(fault(own, "1", nil, first: local) == .notTCP(local))
        for fault in [InheritedSocketFault.notOpen(7), .notListening(7), .notStream(7)] {
            #expect(fault.description.contains("descriptor 7 is not"))
        }
    }
}
