import Foundation
import Glibc
import Synchronization

/// A TCP proxy that misbehaves on the way back, as a network or a broken peer would.
public final class FaultProxy: Sendable {
    /// What becomes of the bytes that the server sends.
    public enum Fault: Sendable {
        /// They arrive.
        case none
        /// Every piece arrives so many milliseconds later.
        case delay(milliseconds: Int32)
        /// They arrive one by one, so many milliseconds apart.
        case trickle(milliseconds: Int32)
        /// After so many bytes the connection is reset; counted from when the fault was set.
        case reset(afterBytes: Int)
        /// These bytes arrive in their place.
        case garbage([UInt8])
        /// Nothing arrives any more, in either direction, and nobody says so; a connection on
        /// which something was swallowed stays so for ever.
        case halfOpen
    }

    private struct State {
        var fault = Fault.none
        var passed = 0
        var connections = 0
        var open: Set<Int32> = []
        var isStopped = false
    }

    /// The port it listens on.
    public let port: UInt16
    private let listener: Int32
    private let upstream: String
    private let state = Mutex(State())

    /// Listens on a free port and connects each client to the Unix socket at `upstream`.
    public init(upstream: String) throws {
        (listener, port) = try LoopbackSocket.listening(backlog: 64)
        self.upstream = upstream
        let descriptor = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let accepted = accept(descriptor, nil, nil)
                guard accepted >= 0 else { break }
                guard let self else {
                    close(accepted)
                    break
                }
                self.serve(accepted)
            }
            close(descriptor)
        }
    }

    deinit {
        state.withLock { state in
            state.isStopped = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// What happens from now on, to connections that stand too.
    public func set(_ fault: Fault) {
        state.withLock { state in
            state.fault = fault
            state.passed = 0
        }
    }

    /// Connections so far.
    public var connections: Int { state.withLock { $0.connections } }

    /// Connections that stand now.
    public var openConnections: Int { state.withLock { $0.open.count } }

    /// Cuts every connection that stands.
    public func cut() {
        state.withLock { state in
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func serve(_ client: Int32) {
        state.withLock { state in
            state.connections += 1
            state.open.insert(client)
        }
        guard let server = try? LoopbackSocket.connected(path: upstream) else {
            return forget(client)
        }
        Thread.detachNewThread { [weak self] in
            var isDead = false
            while let self, self.pass(client, server, &isDead) {}
            self?.forget(client)
            if self == nil { close(client) }
            close(server)
        }
    }

    private func forget(_ client: Int32) {
        state.withLock { state in
            state.open.remove(client)
            close(client)
        }
    }

    /// Waits for bytes from either side, a tenth of a second at most, and passes them on.
    private func pass(_ client: Int32, _ server: Int32, _ isDead: inout Bool) -> Bool {
        if state.withLock({ $0.isStopped }) { return false }
        var watched = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&watched, 2, 100) > 0 else { return true }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        if watched[0].revents != 0 {
            let got = read(client, &buffer, buffer.count)
            guard got > 0 else { return false }
            if case .halfOpen = state.withLock({ $0.fault }) { isDead = true }
            guard !isDead else { return true }
            guard send(buffer[..<got], to: server) else { return false }
        }
        if watched[1].revents != 0 {
            let got = read(server, &buffer, buffer.count)
            guard got > 0 else { return false }
            if case .halfOpen = state.withLock({ $0.fault }) { isDead = true }
            guard !isDead else { return true }
            return answer(buffer[..<got], to: client)
        }
        return true
    }

    private func answer(_ bytes: ArraySlice<UInt8>, to client: Int32) -> Bool {
        let (fault, passed) = state.withLock { state in
            defer { state.passed += bytes.count }
            return (state.fault, state.passed)
        }
        switch fault {
        case .none:
            return send(bytes, to: client)
        case .delay(let milliseconds):
            poll(nil, 0, milliseconds)
            return send(bytes, to: client)
        case .trickle(let milliseconds):
            for byte in bytes {
                poll(nil, 0, milliseconds)
                guard send([byte], to: client) else { return false }
            }
            return true
        case .reset(let limit):
            guard send(bytes.prefix(max(0, limit - passed)), to: client) else { return false }
            guard passed + bytes.count >= limit else { return true }
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
            return false
        case .garbage(let instead):
            return send(instead[...], to: client)
        case .halfOpen:
            return true
        }
    }

    private func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}
