import Synchronization

/// The one thread of an object, which is started after it was made and joined before it goes.
public final class OwnedThread: Sendable {
    private let thread = Mutex<WorkerThread?>(nil)

    /// No thread yet.
    public init() {}

    /// Starts it; call once. The name is cut to 15 bytes.
    public func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(POSIXError) {
        let started = try WorkerThread.start(name: name, body)
        thread.withLock { $0 = started }
    }

    /// Waits until it has ended; at once when it was never started. Any other thread.
    public func join() { thread.withLock { $0 }?.join() }
}
