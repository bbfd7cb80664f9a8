import Glibc

/// A thread for work that blocks and cannot be cancelled: nobody waits for its end.
enum DetachedThread {
    /// What the thread gets: released exactly once, by the thread itself.
    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread that runs `body`; throws `.unresolved` when the system gives none.
    static func run(_ body: @escaping @Sendable () -> Void) throws(RedisError) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(body)).toOpaque()
        let code = pthread_create(&thread, nil, { DetachedThread.enter($0) }, start)
        guard code == 0 else {
            Unmanaged<Start>.fromOpaque(start).release()
            throw .unresolved(String(cString: strerror(code)))
        }
        pthread_detach(thread)
    }

    private static func enter(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body()
        return nil
    }
}
