import Glibc
import Synchronization

@testable import MicroHTTP

/// What a test's server does with a request.
final class TestHandler: HTTPHandler {
    struct Seen: Sendable {
        var refused: [HTTPRefusedRequest] = []
        var refusals: [HTTPRefusal] { refused.map(\.reason) }
        var dropped = 0
        var ends: [HTTPConnectionEnd] = []
        var messages: [String] = []
        var completions: [HTTPCompletion] = []
    }

    let seen = Mutex(Seen())
    private let answer: @Sendable (HTTPExchange) -> Void
    private let turn: @Sendable () -> Void

    init(
        _ answer: @escaping @Sendable (HTTPExchange) -> Void,
        turn: @escaping @Sendable () -> Void = {}
    ) {
        self.answer = answer
        self.turn = turn
    }

    func receive(_ exchange: HTTPExchange) { answer(exchange) }
    func refused(_ request: HTTPRefusedRequest, _ completion: HTTPCompletion) {
        seen.withLock { $0.refused.append(request) }
    }
    func dropped(loop: Int) { seen.withLock { $0.dropped += 1 } }
    func turnEnded(loop: Int) { turn() }
    func turned(loop: Int, lagNanoseconds: UInt64) {}
    func ended(_ end: HTTPConnectionEnd, peer: [UInt8], loop: Int) {
        seen.withLock { $0.ends.append(end) }
    }
    func engineMessage(_ message: String, loop: Int) {
        seen.withLock { $0.messages.append(message) }
    }
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

    convenience init(
        _ handler: TestHandler, _ options: EventLoopOptions = EventLoopOptions(number: 0)
    ) throws {
        try self.init(
            handler, options,
            socket: try ListenSocket(host: "127.0.0.1", port: 0, shared: true))
    }

    init(
        _ handler: TestHandler, _ options: EventLoopOptions, socket: consuming ListenSocket
    ) throws {
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
