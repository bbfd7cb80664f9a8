import POSIX
import Synchronization

/// Whether somebody asked for an early end. Any thread.
public final class Interruption: Sendable {
    private let raised = Atomic<Bool>(false)

    /// One that nobody has asked for.
    public init() {}

    /// Raised by SIGINT, SIGTERM or SIGHUP; a second one ends the process at once with status 1.
    ///
    /// Call it on the main thread before others are started.
    public static func bySignals() throws(POSIXError) -> Interruption {
        Signals.block()
        let interruption = Interruption()
        _ = try WorkerThread.start(name: "signals") {
            _ = Signals.wait()
            interruption.raise()
            _ = Signals.wait()
            ProcessLimits.exit(1)
        }
        return interruption
    }

    /// Asks for an end.
    public func raise() { raised.store(true, ordering: .relaxed) }

    /// True once somebody has asked.
    public var isRaised: Bool { raised.load(ordering: .relaxed) }
}
