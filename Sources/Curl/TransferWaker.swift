import CCurl
import Synchronization

/// Ends an engine's wait from another thread, and outlives the engine harmlessly.
public final class TransferWaker: Sendable {
    /// The multi handle's address while the engine lives, then 0.
    private let engine: Mutex<UInt>

    /// A waker for a multi handle that `detach` is called for before it is freed.
    init(borrowing multi: UnsafeMutableRawPointer) {
        engine = Mutex(UInt(bitPattern: multi))
    }

    /// Ends the engine's `poll`, or its next one if none is under way. Any thread, never blocks.
    ///
    /// `curl_multi_wakeup` is the one call that libcurl allows from another thread; several calls
    /// between two polls count as one.
    public func wake() {
        engine.withLock { address in
            guard let multi = UnsafeMutableRawPointer(bitPattern: address) else { return }
            // Fails only without a wake-up socket, and such an engine does not come to be.
            _ = curl_multi_wakeup(multi)
        }
    }

    /// Forgets the engine; after this the handle may be freed.
    func detach() {
        engine.withLock { $0 = 0 }
    }
}
