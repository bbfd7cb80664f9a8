import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import MicroHTTP

/// What a start does to connections before it serves.
@Suite struct ListenSocketTests {
    @Test func `a probe finds a listener, shared or not, and leaves a free port free`() throws {
        for isShared in [true, false] {
            let socket = try ListenSocket(host: "127.0.0.1", port: 0, shared: isShared)
            #expect(throws: MicroHTTPError.self) {
                try ListenSocket.probe(host: "127.0.0.1", port: socket.port)
            }
            // Alive until here.
            #expect(socket.port != 0)
        }
        let port = try LoopbackSocket.closedPort()
        try ListenSocket.probe(host: "127.0.0.1", port: port)
        let socket = try ListenSocket(host: "127.0.0.1", port: port, shared: true)
        #expect(socket.port == port && !socket.isInherited)
    }

    @Test func `nobody can connect to a port while it is probed`() throws {
        let port = try LoopbackSocket.closedPort()
        let isOver = Atomic<Bool>(false)
        let accepted = Atomic<Int>(0)
        let hasEnded = Atomic<Bool>(false)
        Thread.detachNewThread {
            while !isOver.load(ordering: .relaxed) {
                guard let descriptor = try? LoopbackSocket.connected(to: port) else { continue }
                accepted.add(1, ordering: .relaxed)
                close(descriptor)
            }
            hasEnded.store(true, ordering: .releasing)
        }
        for _ in 0..<2_000 { try ListenSocket.probe(host: "127.0.0.1", port: port) }
        isOver.store(true, ordering: .relaxed)
        #expect(eventually { hasEnded.load(ordering: .acquiring) })
        #expect(accepted.load(ordering: .relaxed) == 0)
    }
}
