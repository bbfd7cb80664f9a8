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
            let line = connection.readLine(bytesMax: 100, timeoutMilliseconds: 10_000)
            connection.write(Array("got ".utf8) + (line ?? []))
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
}
