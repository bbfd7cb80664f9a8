import MicroHTTP
import POSIX

/// The event loops of one listener with their threads.
struct ServerLoops: Sendable {
    let loops: [EventLoop]
    /// Where it listens.
    let host: String
    let port: UInt16
    private let threads: [WorkerThread]

    /// Sockets that listen already; `start` gives them loops and threads.
    struct Sockets: ~Copyable {
        let port: UInt16
        let host: String
        private var first: ListenSocket
        private let inherited: InheritedSocket?

        /// A socket that a supervisor holds: all loops share it, and none closes it for others.
        init(inherited: InheritedSocket, key: String) throws(StartupError) {
            do {
                first = try ListenSocket(inherited: inherited.descriptor)
            } catch {
                throw .listen(
                    key: key, address: Activation.text(inherited), reason: error.description)
            }
            port = inherited.port
            host = Activation.host(inherited)
            self.inherited = inherited
        }

        /// Binds `address`. SO_REUSEPORT would let two processes share a port in silence, so it
        /// is probed first.
        init(_ address: ListenAddress, key: String) throws(StartupError) {
            do {
                if address.port != 0 {
                    try ListenSocket.probe(host: address.host, port: address.port)
                }
                first = try ListenSocket(host: address.host, port: address.port, shared: true)
            } catch {
                throw .listen(
                    key: key, address: "\(address.host):\(address.port)",
                    reason: Self.reason(error, port: address.port))
            }
            port = first.port
            host = address.host
            inherited = nil
        }

        /// Why an address cannot be listened on, and what to do.
        private static func reason(_ error: MicroHTTPError, port: UInt16) -> String {
            if error.isAddressInUse {
                let owner = PortOwner.find(port: port)
                    .map { "\($0.name) (process \($0.processID))" }
                return "it is in use by "
                    + (owner ?? "another program, which `ss -ltnp` names")
                    + "; stop that, or choose another address"
            }
            if error.isForbidden {
                return "ports below 1024 are for root; choose a higher one, and let the proxy in "
                    + "front pass requests to it"
            }
            return error.description
        }

        consuming func take() -> ListenSocket { first }

        /// How a further loop gets its socket: one of its own on the same port, or the shared one.
        var next: () throws(MicroHTTPError) -> ListenSocket {
            let (host, port, inherited) = (host, port, inherited)
            return { () throws(MicroHTTPError) in
                if let inherited { return try ListenSocket(inherited: inherited.descriptor) }
                return try ListenSocket(host: host, port: port, shared: true)
            }
        }
    }

    /// Starts `count` loops, numbered from that of `options`.
    init(
        sockets: consuming Sockets, count: Int, options: EventLoopOptions, name: String,
        handler: any HTTPHandler
    ) throws(StartupError) {
        let host = sockets.host
        let port = sockets.port
        let next = sockets.next
        (self.host, self.port) = (host, port)
        do {
            var loops: [EventLoop] = []
            var numbered = options
            loops.append(
                try EventLoop(socket: sockets.take(), options: numbered, handler: handler))
            for _ in 1..<max(count, 1) {
                numbered.number += 1
                loops.append(try EventLoop(socket: next(), options: numbered, handler: handler))
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
