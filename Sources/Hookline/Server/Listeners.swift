import MicroHTTP
import POSIX

/// The sockets of both listeners, bound before anything else is started.
struct ListenerSockets: ~Copyable {
    private var webhooks: ServerLoops.Sockets
    private var operations: ServerLoops.Sockets?

    /// Binds what the configuration names, but for what a supervisor has bound.
    init(_ configuration: Configuration) throws(StartupError) {
        let activation = try Activation(configuration)
        let first =
            if let inherited = activation.webhooks {
                try ServerLoops.Sockets(inherited: inherited, key: "--listen")
            } else {
                try ServerLoops.Sockets(configuration.listen, key: "--listen")
            }
        if let inherited = activation.operations {
            operations = try ServerLoops.Sockets(inherited: inherited, key: "--ops-listen")
        } else if let address = configuration.opsListen {
            operations = try ServerLoops.Sockets(address, key: "--ops-listen")
        } else {
            operations = nil
        }
        webhooks = first
    }

    /// Gives the sockets loops and threads: from here on requests are served.
    consuming func serve(
        _ configuration: Configuration, _ endpoint: WebhookEndpoint, _ opsEndpoint: OpsEndpoint
    ) throws(StartupError) -> Listeners {
        let options = EventLoopOptions(configuration)
        var opsOptions = EventLoopOptions(number: configuration.threads, connectionsMax: 256)
        opsOptions.idleTimeoutNanoseconds = options.idleTimeoutNanoseconds
        // Prometheus and probes are near, and ask again: a stop need not wait long for them.
        opsOptions.handshakeNanoseconds = 50_000_000
        opsOptions.silenceNanoseconds = 50_000_000
        opsOptions.firstRequestNanoseconds = 50_000_000
        opsOptions.lingerNanoseconds = 50_000_000
        let served = try ServerLoops(
            sockets: webhooks, count: configuration.threads, options: options, name: "webhooks",
            handler: endpoint)
        guard let operations = consume operations else {
            return Listeners(webhooks: served, operations: nil)
        }
        let ops = try ServerLoops(
            sockets: operations, count: 1, options: opsOptions, name: "ops",
            handler: opsEndpoint)
        return Listeners(webhooks: served, operations: ops)
    }
}

/// The listeners that serve.
struct Listeners: Sendable {
    let webhooks: ServerLoops
    let operations: ServerLoops?

    /// Every event loop of the process.
    var allLoops: [EventLoop] { webhooks.loops + (operations?.loops ?? []) }

    /// Waits until every webhook that the kernel accepted is answered and its connection closed.
    /// False when the deadline came first: what is not complete by then gets 503.
    func drainWebhooks(untilNanoseconds deadline: UInt64) -> Bool {
        Self.drain(webhooks, deadline)
    }

    /// Waits until scrapes and probes under way have their answers, or the deadline.
    func drainOperations(untilNanoseconds deadline: UInt64) {
        if let operations { _ = Self.drain(operations, deadline) }
    }

    private static func drain(_ loops: ServerLoops, _ deadline: UInt64) -> Bool {
        loops.drain()
        let pause = WakeSignal()
        while !loops.isDrained && MonotonicClock.now() < deadline {
            pause.wait(untilNanoseconds: MonotonicClock.now() + 5_000_000)
        }
        let isDrained = loops.isDrained
        if !isDrained { loops.refuse() }
        return isDrained
    }

    /// Ends all loops.
    func stop() {
        webhooks.stop()
        operations?.stop()
    }
}
