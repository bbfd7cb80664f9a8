import MicroHTTP
import POSIX
import Synchronization

/// What `/healthz` and `/readyz` say.
final class Health: Sendable {
    /// One verdict and the sentence that is served with it.
    struct Verdict: Sendable {
        var isGood: Bool
        var sentence: String
    }

    private struct Parts: Sendable {
        var loops: [EventLoop] = []
        var store: StoreStatus?
    }

    /// A loop turns at least ten times a second; this much without a turn means that it hangs.
    private let loopNanosecondsMax: UInt64 = 5_000_000_000
    private let parts = Mutex(Parts())
    private let draining = Atomic<Bool>(false)

    /// Says what to watch; before the loops serve.
    func watch(loops: [EventLoop], store: StoreStatus) {
        parts.withLock { $0 = Parts(loops: loops, store: store) }
    }

    /// The process is stopping: not ready any more.
    func drain() { draining.store(true, ordering: .relaxed) }

    /// The process serves: its event loops turn and its store thread lives.
    var serving: Verdict {
        let (loops, store) = parts.withLock { ($0.loops, $0.store) }
        let now = MonotonicClock.now()
        let hanging = loops.contains { now > $0.turnedNanoseconds + loopNanosecondsMax }
        if hanging { return Verdict(isGood: false, sentence: "an event loop does not turn") }
        guard let store, store.isAlive else {
            return Verdict(isGood: false, sentence: "the store thread has ended")
        }
        return Verdict(isGood: true, sentence: "ok")
    }

    /// The process can accept: some step of the fallback can commit, and it is not stopping.
    var ready: Verdict {
        if draining.load(ordering: .relaxed) {
            return Verdict(isGood: false, sentence: "stopping")
        }
        guard let store = parts.withLock({ $0.store }), !store.isBroken else {
            return Verdict(isGood: false, sentence: "the store has failed; a restart fixes it")
        }
        if store.isGone {
            return Verdict(isGood: false, sentence: "the data folder was removed or replaced")
        }
        return serving
    }
}
