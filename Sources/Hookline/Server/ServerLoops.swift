import MicroHTTP
import POSIX

/// The event loops of one listener with their threads.
struct ServerLoops: Sendable {
    let loops: [EventLoop]
    let port: UInt16
    private let threads: [WorkerThread]

    /// Sockets that listen already; `start` gives them loops and threads.
    struct Sockets: ~Copyable {
        let port: UInt16
        let host: String
        private var first: ListenSocket

        /// Binds `address`. SO_REUSEPORT would let two processes share a port in silence, so a
        /// socket without it has to succeed first.
        init(_ address: ListenAddress, key: String) throws(StartupError) {
            do {
                if address.port != 0 {
                    let probe = try ListenSocket(
                        host: address.host, port: address.port, shared: false)
                    _ = probe.port
                }
                first = try ListenSocket(host: address.host, port: address.port, shared: true)
            } catch {
                throw .listen(
                    key: key, address: "\(address.host):\(address.port)",
                    reason: error.description)
            }
            port = first.port
            host = address.host
        }

        consuming func take() -> ListenSocket { first }
    }

    /// Starts `count` loops, numbered from `firstNumber`, each with a socket of its own.
    init(
        sockets: consuming Sockets, count: Int, options: EventLoopOptions, name: String,
        handler: any HTTPHandler
    ) throws(StartupError) {
        let host = sockets.host
        let port = sockets.port
        self.port = port
        do {
            var loops: [EventLoop] = []
            var numbered = options
            loops.append(
                try EventLoop(socket: sockets.take(), options: numbered, handler: handler))
            for _ in 1..<max(count, 1) {
                numbered.number += 1
                let socket = try ListenSocket(host: host, port: port, shared: true)
                loops.append(try EventLoop(socket: socket, options: numbered, handler: handler))
            }
            self.loops = loops
        } catch {
            throw .listen(key: name, address: "\(host):\(port)", reason: error.description)
        }
        do {
            var threads: [WorkerThread] = []
            for (index, loop) in loops.enumerated() {
                threads.append(try WorkerThread.start(name: "\(name)-\(index)") { loop.run() })
            }
            self.threads = threads
        } catch {
            for loop in loops { loop.stop() }
            throw .resources("cannot start a thread: \(error.message)")
        }
    }

    /// Begins a graceful stop: what was accepted is still answered.
    func drain() { for loop in loops { loop.drain() } }

    /// The time is up: what is not complete is answered 503.
    func refuse() { for loop in loops { loop.refuse() } }

    /// True once everything that was accepted is answered and every connection closed.
    var isDrained: Bool { loops.allSatisfy(\.isDrained) }

    /// Ends the loops and waits for their threads.
    func stop() {
        for loop in loops { loop.stop() }
        for thread in threads { thread.join() }
    }
}
