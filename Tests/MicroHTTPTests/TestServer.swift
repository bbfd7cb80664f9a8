import Glibc
import Synchronization

@testable import MicroHTTP

/// What a test's server does with a request.
final class TestHandler: HTTPHandler {
    struct Seen: Sendable {
        var refusals: [HTTPRefusal] = []
        var dropped = 0
        var completions: [HTTPCompletion] = []
    }

    let seen = Mutex(Seen())
    private let answer: @Sendable (HTTPExchange) -> Void

    init(_ answer: @escaping @Sendable (HTTPExchange) -> Void) {
        self.answer = answer
    }

    func receive(_ exchange: HTTPExchange) { answer(exchange) }
    func refused(_ refusal: HTTPRefusal, _ completion: HTTPCompletion) {
        seen.withLock { $0.refusals.append(refusal) }
    }
    func dropped(loop: Int) { seen.withLock { $0.dropped += 1 } }
    func turned(loop: Int, lagNanoseconds: UInt64) {}
    func engineMessage(_ message: String) {}
}

/// Records how exchanges ended.
final class TestObserver: HTTPCompletionObserver {
    let completions = Mutex<[HTTPCompletion]>([])
    func completed(_ completion: HTTPCompletion) {
        completions.withLock { $0.append(completion) }
    }
}

/// A real server on a free loopback port, with one loop on a thread of its own.
final class TestServer {
    let loop: EventLoop
    let port: UInt16
    private let thread: pthread_t

    init(_ handler: TestHandler, _ options: EventLoopOptions = EventLoopOptions(number: 0)) throws {
        let socket = try ListenSocket(host: "127.0.0.1", port: 0, shared: true)
        port = socket.port
        loop = try EventLoop(socket: socket, options: options, handler: handler)
        thread = startThread(loop)
    }

    func stop() {
        loop.stop()
        pthread_join(thread, nil)
    }
}

private func startThread(_ loop: EventLoop) -> pthread_t {
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, Unmanaged.passRetained(loop).toOpaque())
    return thread
}

/// A raw client: sends exact bytes, reads what comes until the peer closes or enough is there.
final class RawClient {
    let descriptor: Int32
    private var unread: [UInt8] = []

    init(port: UInt16) throws {
        var address = try SocketAddress(host: "127.0.0.1", port: port)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = address.withMutableSockaddr { pointer, _ in
            connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// One response: its status line, its head and its body by Content-Length; nil at the end.
    func response() -> (status: Int, head: String, body: String)? {
        while true {
            if let end = unread.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: unread[..<end.lowerBound], as: UTF8.self)
                let length =
                    head.lowercased().split(separator: "\r\n")
                    .first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
                if unread.count >= end.upperBound + length {
                    let body = unread[end.upperBound..<end.upperBound + length]
                    let text = String(decoding: body, as: UTF8.self)
                    unread.removeFirst(end.upperBound + length)
                    return (Int(head.split(separator: " ")[1]) ?? 0, head, text)
                }
            }
            guard receive() else { return nil }
        }
    }

    /// True when the peer has closed and nothing is left to read.
    var isAtEnd: Bool {
        while receive() {}
        return unread.isEmpty
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let got = recv(descriptor, &buffer, buffer.count, 0)
        guard got > 0 else { return false }
        unread.append(contentsOf: buffer.prefix(got))
        return true
    }
}
