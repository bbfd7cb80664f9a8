import Foundation

/// A thread that can be waited for.
final class BackgroundThread: Sendable {
    private let done = DispatchSemaphore(value: 0)

    /// Starts it.
    init(_ body: @escaping @Sendable () -> Void) {
        let done = done
        Thread.detachNewThread {
            body()
            done.signal()
        }
    }

    /// Waits for its end; once.
    func join() {
        done.wait()
    }
}
