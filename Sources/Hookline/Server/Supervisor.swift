import POSIX
import Synchronization

/// Tells systemd, or what speaks its language, that the receiver is ready, alive, or stopping.
///
/// A sign of life is sent only while `/healthz` would say ok: event loops that hang or a store
/// thread that has ended let the supervisor restart the process.
final class Supervisor: Sendable {
    private let socket: NotifySocket?
    private let health: Health
    private let isStopping = Atomic<Bool>(false)
    private let bell = WakeSignal()
    private let thread = OwnedThread()

    /// Reads from the environment whether somebody wants to be told.
    init(health: Health) {
        socket = NotifySocket()
        self.health = health
    }

    /// The receiver serves. Starts to give signs of life, twice as often as they are wanted.
    func ready() throws(StartupError) {
        guard let socket else { return }
        socket.send("READY=1")
        guard let interval = NotifySocket.watchdogNanoseconds.map({ $0 / 2 }) else { return }
        try StartupError.starting { () throws(POSIXError) in
            try thread.start(name: "supervisor") { [self] in
                while !isStopping.load(ordering: .acquiring) {
                    if health.serving.isGood { socket.send("WATCHDOG=1") }
                    bell.wait(untilNanoseconds: MonotonicClock.now() + interval)
                }
            }
        }
    }

    /// The receiver stops; its own deadline and the supervisor's bound that from here on.
    func stopping() {
        socket?.send("STOPPING=1")
        isStopping.store(true, ordering: .releasing)
        bell.ring()
        thread.join()
    }
}
