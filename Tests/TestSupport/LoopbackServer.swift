import Dispatch
import Foundation
import Glibc
import Synchronization

/// A request as it came over the wire.
public struct ReceivedRequest: Sendable {
    /// Everything up to and with the empty line.
    public var head: [UInt8]
    /// As many bytes as Content-Length says.
    public var body: [UInt8]
    /// Which connection it came on, counted from 1.
    public var connection: Int

    /// The head as text.
    public var headText: String { String(decoding: head, as: UTF8.self) }
    /// The first line.
    public var requestLine: String {
        String(headText.prefix { $0 != "\r\n" })
    }
}

/// A blocking HTTP server on 127.0.0.1 or ::1, one thread a connection, as badly behaved as its
/// handler.
public final class LoopbackServer: Sendable {
    /// Answers a request; true reads the next one, false closes the connection.
    public typealias Handler = @Sendable (ReceivedRequest, ServerConnection) -> Bool

    private struct State {
        var requests: [ReceivedRequest] = []
        var open: Set<Int32> = []
        var connections = 0
        var stopped = false
    }

    /// The port it listens on.
    public let port: UInt16
    /// Raised once for each connection that has ended, whoever ended it.
    public let connectionEnded = DispatchSemaphore(value: 0)
    private let listener: Int32
    private let handler: Handler
    private let state = Mutex(State())

    /// Starts listening on a free port of 127.0.0.1, or of ::1.
    public init(onIPv6: Bool = false, _ handler: @escaping Handler) throws {
        (listener, port) =
            try onIPv6
            ? LoopbackSocket.listeningOnIPv6(backlog: 512)
            : LoopbackSocket.listening(backlog: 512)
        self.handler = handler
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

    /// A server that gives every request the same bytes.
    public convenience init(
        answering text: String, keepAlive: Bool = true, onIPv6: Bool = false
    ) throws {
        try self.init(onIPv6: onIPv6) { _, connection in
            connection.send(text)
            return keepAlive
        }
    }

    deinit {
        state.withLock { state in
            state.stopped = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// What came so far, in the order in which it was complete.
    public var requests: [ReceivedRequest] { state.withLock { $0.requests } }

    /// How many connections are open now.
    public var openConnections: Int { state.withLock { $0.open.count } }

    /// An URL of this server.
    public func url(_ path: String = "/", scheme: String = "http") -> String {
        "\(scheme)://127.0.0.1:\(port)\(path)"
    }

    private func serve(_ descriptor: Int32) {
        let number = state.withLock { state in
            state.open.insert(descriptor)
            state.connections += 1
            return state.connections
        }
        let ended = connectionEnded
        let handler = self.handler
        Thread.detachNewThread { [weak self] in
            let connection = ServerConnection(descriptor: descriptor)
            while let request = connection.receive(number: number) {
                self?.record(request)
                guard handler(request, connection) else { break }
            }
            self?.forget(descriptor)
            close(descriptor)
            ended.signal()
        }
    }

    private func record(_ request: ReceivedRequest) {
        state.withLock { $0.requests.append(request) }
    }

    private func forget(_ descriptor: Int32) {
        _ = state.withLock { $0.open.remove(descriptor) }
    }
}

/// The server's end of one connection; its thread only.
public struct ServerConnection {
    /// The socket.
    public let descriptor: Int32

    /// A connection of this socket.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// Sends text; false when the client is gone.
    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends bytes; false when the client is gone.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Waits until the client closes its end.
    public func waitForClose() {
        while !piece().isEmpty {}
    }

    /// Reads one request; nil when the client closed or sent something else.
    public func receive(number: Int) -> ReceivedRequest? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = bytes.firstRange(of: end) {
                let head = Array(bytes[..<range.upperBound])
                var body = Array(bytes[range.upperBound...])
                while body.count < Self.contentLength(head) {
                    let more = piece()
                    guard !more.isEmpty else { return nil }
                    body += more
                }
                return ReceivedRequest(head: head, body: body, connection: number)
            }
            let more = piece()
            guard !more.isEmpty, bytes.count < 1 << 20 else { return nil }
            bytes += more
        }
    }

    private func piece() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            count = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
        }
    }

    private static func contentLength(_ head: [UInt8]) -> Int {
        for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            return Int(parts[1].trimmingCharacters(in: .whitespaces)) ?? 0
        }
        return 0
    }
}
