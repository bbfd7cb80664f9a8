import Glibc
import Synchronization
import TestSupport
import Testing

@testable import POSIX

@Suite struct LocalSocketTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a line goes over and an answer comes back`() throws {
        let path = folder.path("socket")
        let listener = Mutex(Optional(try LocalListener(path: path)))
        let server = try WorkerThread.start(name: "server") {
            guard let listener = listener.withLock({ $0.take() }),
                let connection = listener.accept(timeoutMilliseconds: 10_000)
            else { return }
            let line = connection.receiveLine(bytesMax: 100, timeoutMilliseconds: 10_000)
            guard case .line(let bytes) = line else { return }
            connection.write(Array("got ".utf8) + bytes)
        }
        let connection = try LocalConnection(path: path)
        connection.write(Array("hello\n".utf8))
        let answer = connection.readAll(bytesMax: 100, timeoutMilliseconds: 10_000)
        #expect(answer.map { String(decoding: $0, as: UTF8.self) } == "got hello")
        server.join()
        // The listener is gone, and its socket with it.
        let refused = #expect(throws: POSIXError.self) { _ = try LocalConnection(path: path) }
        #expect(refused?.isNotFound == true)
    }

    @Test func `the socket is for its owner only, and one of a dead process is replaced`() throws {
        let path = folder.path("socket")
        try folder.write("left over", to: "socket")
        let listener = try LocalListener(path: path)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let nobody = listener.accept(timeoutMilliseconds: 1) == nil
        #expect(nobody)
    }

    @Test func `a path that is too long for a socket says so`() throws {
        let path = folder.path(String(repeating: "x", count: 100))
        let failed = #expect(throws: POSIXError.self) { _ = try LocalListener(path: path) }
        #expect(failed?.message.contains("107 bytes") == true)
    }

    /// What one end receives of what the other one sends and does.
    private func received(
        bytesMax: Int, timeoutMilliseconds: Int32 = 10_000,
        _ send: (borrowing LocalConnection) -> Void
    ) throws -> LocalLine? {
        let path = folder.path("socket")
        let listener = Mutex(Optional(try LocalListener(path: path)))
        let line = Mutex<LocalLine?>(nil)
        let server = try WorkerThread.start(name: "server") {
            guard let listener = listener.withLock({ $0.take() }),
                let connection = listener.accept(timeoutMilliseconds: 10_000)
            else { return }
            let got = connection.receiveLine(
                bytesMax: bytesMax, timeoutMilliseconds: timeoutMilliseconds)
            line.withLock { $0 = got }
            connection.write([0x21])
        }
        do {
            let connection = try LocalConnection(path: path)
            send(connection)
            // The answer arrives, whatever was sent.
            let answer = connection.readAll(bytesMax: 9, timeoutMilliseconds: 10_000)
            #expect(answer == [0x21])
        }
        server.join()
        return line.withLock { $0 }
    }

    @Test func `a line may have as many bytes as allowed and no more`() throws {
        for (count, isTaken) in [(100, true), (101, false), (1500, false)] {
            let text = [UInt8](repeating: 0x61, count: count)
            let line = try received(bytesMax: 100) { $0.write(text + [0x0a]) }
            #expect(line == (isTaken ? .line(text) : .tooLong))
        }
    }

    @Test func `a line that does not end in time is incomplete, however it trickles`() throws {
        let line = try received(bytesMax: 100, timeoutMilliseconds: 50) { $0.write([0x61]) }
        #expect(line == .incomplete)
    }

    @Test func `a peer that takes nothing holds a sender for a bounded time`() throws {
        let path = folder.path("socket")
        let listener = try LocalListener(path: path)
        let peer = try LocalConnection(path: path)
        guard let connection = listener.accept(timeoutMilliseconds: 10_000) else {
            throw POSIXError(operation: "accept", code: 0, message: "nobody came")
        }
        let much = [UInt8](repeating: 0, count: 4 << 20)
        let cancelled = connection.send(
            much, timeoutMilliseconds: 60_000, isCancelled: { true })
        #expect(!cancelled)
        let stuck = connection.send(much, timeoutMilliseconds: 100, isCancelled: { false })
        #expect(!stuck)
        _ = consume peer
    }
}
