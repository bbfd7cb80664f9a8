import CMicroHTTPD
import Glibc
import Synchronization

/// One libmicrohttpd daemon, one listen socket, one epoll set, one thread.
///
/// libmicrohttpd's internal epoll thread can sleep on ready connections, and its thread pool can
/// abort the process when it is quiesced (both measured, see ARCHITECTURE.md), so the daemon
/// runs without any thread of its own: `run()` waits on an epoll set of ours that holds the
/// daemon's epoll descriptor and the mailbox's eventfd, and calls `MHD_run`.
///
/// - `@unchecked Sendable`: `core` is touched by `init` and after that only by the one thread
///   that calls `run()`; `mailbox` and the atomics are what other threads use.
public final class EventLoop: @unchecked Sendable {
    private enum Command: UInt8 {
        case serve, drain, refuse, stop
    }

    private let core: LoopCore
    private let command = Atomic<UInt8>(Command.serve.rawValue)
    private let drained = Atomic<Bool>(false)
    private let lastTurn = Atomic<UInt64>(LoopCore.now())

    /// Starts listening; requests are served once `run()` is called.
    public init(
        socket: consuming ListenSocket, options: EventLoopOptions, handler: any HTTPHandler
    ) throws(MicroHTTPError) {
        let isInherited = socket.isInherited
        core = try LoopCore(
            listen: socket.take(), isInherited: isInherited, options: options, handler: handler)
    }

    /// When the loop last turned, in monotonic nanoseconds; a watchdog sees by it that the loop
    /// is alive. Any thread.
    public var turnedNanoseconds: UInt64 { lastTurn.load(ordering: .relaxed) }

    /// Connections open now. Any thread.
    public var connections: Int { core.connectionsGauge.load(ordering: .relaxed) }

    /// Requests that wait for their answer now. Any thread.
    public var waiting: Int { core.waitingGauge.load(ordering: .relaxed) }

    /// Requests from their request line to the end of their reply now. Any thread.
    public var requests: Int { core.requestsGauge.load(ordering: .relaxed) }

    /// True once `drain()` was called, every request has its whole answer and every connection is
    /// closed.
    public var isDrained: Bool { drained.load(ordering: .acquiring) }

    /// Begins a graceful stop: what the kernel accepted is still answered, with
    /// `Connection: close`; then listening socket and connections are closed. Any thread.
    public func drain() { send(.drain) }

    /// The time of a graceful stop is up: requests that are not complete are answered 503. Any
    /// thread.
    public func refuse() { send(.refuse) }

    /// Ends `run()`: what still waits is answered 503. Any thread; safe to call before `run()`.
    public func stop() { send(.stop) }

    /// Wakes the loop, so that a turn happens now. Any thread.
    public func wake() { core.mailbox.ring() }

    /// Wakes the loop if silent answers wait for it. Any thread.
    public func deliverAnswers() { core.mailbox.ringIfFull() }

    private func send(_ order: Command) {
        command.store(order.rawValue, ordering: .releasing)
        core.mailbox.ring()
    }

    /// Serves until `stop()`. Call it once, on the thread that is to be the loop's.
    public func run() {
        var expected = LoopCore.now()
        while true {
            let order = Command(rawValue: command.load(ordering: .acquiring)) ?? .stop
            if order != .serve { core.beginDrain() }
            if order == .refuse { core.refuseRest() }
            if order == .stop { break }
            core.drainStep()
            if core.isDraining, core.isDrained { drained.store(true, ordering: .releasing) }
            core.turn(expectedNanoseconds: &expected)
            lastTurn.store(expected, ordering: .relaxed)
        }
        core.refuseRest()
        core.finish()
        drained.store(true, ordering: .releasing)
    }
}
