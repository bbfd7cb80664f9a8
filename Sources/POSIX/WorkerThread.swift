import Glibc
import Synchronization

/// A named thread that runs one function to its end.
public final class WorkerThread: Sendable {
    /// What the new thread gets: released exactly once, by the thread itself.
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// The thread until it was joined, then 0. `pthread_t` is an unsigned integer on Linux.
    private let thread: Atomic<UInt>

    private init(_ thread: pthread_t) {
        self.thread = Atomic(UInt(thread))
    }

    /// Starts a thread. The name is cut to 15 bytes, the kernel's limit.
    public static func start(
        name: String, _ body: @escaping @Sendable () -> Void
    ) throws(POSIXError) -> WorkerThread {
        let (code, thread) = create(Start(name: name, body: body))
        guard code == 0 else {
            throw POSIXError(
                operation: "pthread_create", code: code, message: String(cString: strerror(code)))
        }
        return WorkerThread(thread)
    }

    /// Waits until the thread has ended; a second call returns at once. Any other thread.
    public func join() {
        // Relaxed would do: whoever takes the number is the only one who joins it.
        let number = thread.exchange(0, ordering: .acquiringAndReleasing)
        guard number != 0 else { return }
        pthread_join(pthread_t(number), nil)
    }

    private static func create(_ start: Start) -> (Int32, pthread_t) {
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(start).toOpaque()
        let code = pthread_create(&thread, nil, entry, retained)
        if code != 0 { Unmanaged<Start>.fromOpaque(retained).release() }
        return (code, thread)
    }

    private static let entry:
        @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { run($0) }

    private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        nameThisThread(start.name)
        start.body()
        return nil
    }

    /// pthread_setname_np is hidden from Swift; the kernel takes the name from this file too.
    private static func nameThisThread(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        Descriptor.write(Array(name.utf8.prefix(15)), to: descriptor)
        close(descriptor)
    }
}
