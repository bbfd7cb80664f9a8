import Glibc
import TestSupport
import Testing

@testable import MicroHTTP

/// What the kernel drops, and what it lets through.
@Suite struct SocketFilterTests {
    private func isReadable(_ descriptor: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 0) == 1
    }

    @Test func `data is held back until the filter goes, its end is not`() throws {
        let (listener, port) = try LoopbackSocket.listening(backlog: 4)
        defer { close(listener) }
        let client = try RawClient(port: port)
        let accepted = accept(listener, nil, nil)
        defer { close(accepted) }
        #expect(SocketFilter.data.attach(to: accepted))
        client.send("a")
        let sent = LoopCore.now()
        #expect(!eventually(seconds: 0.05) { isReadable(accepted) })
        #expect(LoopCore.now() > sent && SocketState(accepted)?.bytesReceived == 0)
        SocketFilter.remove(from: accepted)
        // Its sender sends it again.
        #expect(eventually { isReadable(accepted) })
        #expect(SocketState(accepted)?.bytesReceived == 1)
        #expect(SocketFilter.data.attach(to: accepted))
        var byte: UInt8 = 0
        #expect(recv(accepted, &byte, 1, 0) == 1 && byte == UInt8(ascii: "a"))
        shutdown(client.descriptor, Int32(SHUT_WR))
        #expect(eventually { isReadable(accepted) })
        #expect(recv(accepted, &byte, 1, 0) == 0)
    }

    @Test func `a listening socket that drops everything accepts nothing more`() throws {
        let (listener, port) = try LoopbackSocket.listening(backlog: 4)
        defer { close(listener) }
        let first = try RawClient(port: port)
        #expect(SocketState(listener)?.waiting == 1)
        for filter in [SocketFilter.newConnections, .everything] {
            #expect(filter.attach(to: listener))
            let late = LoopbackSocket.connecting(to: port)
            #expect(SocketState(listener)?.waiting == 1)
            close(late)
        }
        SocketFilter.remove(from: listener)
        let second = try RawClient(port: port)
        #expect(SocketState(listener)?.waiting == 2)
        _ = (first, second)
    }

    @Test func `the silence of a connection is counted from its last byte`() throws {
        let (listener, port) = try LoopbackSocket.listening(backlog: 4)
        defer { close(listener) }
        let client = try RawClient(port: port)
        let accepted = accept(listener, nil, nil)
        defer { close(accepted) }
        client.send("a")
        #expect(eventually { SocketState(accepted)?.bytesReceived == 1 })
        #expect(
            eventually { SocketState(accepted).map { $0.silentNanoseconds > 50_000_000 } == true })
        client.send("b")
        #expect(
            eventually {
                SocketState(accepted).map {
                    $0.bytesReceived == 2 && $0.silentNanoseconds < 40_000_000
                } == true
            })
        #expect(SocketState(0) == nil)
    }
}
