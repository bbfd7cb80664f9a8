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
        var readiness: Readiness?
    }

    /// A loop turns at least ten times a second; this much without a turn means that it hangs.
    private let loopNanosecondsMax: UInt64 = 5_000_000_000
    private let parts = Mutex(Parts())
    private let draining = Atomic<Bool>(false)

    /// Says what to watch; before the loops serve.
    func watch(loops: [EventLoop], store: StoreStatus, readiness: Readiness? = nil) {
        parts.withLock { $0 = Parts(loops: loops, store: store, readiness: readiness) }
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

    /// A webhook that came now would be answered 200: some step of the fallback takes it, and the
    /// process is not stopping.
    var ready: Verdict {
        guard let cause else { return Verdict(isGood: true, sentence: "ok") }
        let sentence = cause == .process ? serving.sentence : cause.sentence
        return Verdict(isGood: false, sentence: sentence)
    }

    /// Why it is not ready; nil when it is.
    var cause: UnavailableCause? {
        if draining.load(ordering: .relaxed) { return .stopping }
        let (store, readiness) = parts.withLock { ($0.store, $0.readiness) }
        guard let store, !store.isBroken else { return .storeBroken }
        if store.isGone { return .folderGone }
        if !serving.isGood { return .process }
        return readiness?.cause
    }
}
