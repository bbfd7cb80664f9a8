import POSIX
import Synchronization

/// After a failed fsync the process ends, so that the next one recovers from what the disk has.
///
/// It ends as if asked to by SIGTERM: what was accepted is answered by the fallback first.
final class StoreFailureStop: Sendable {
    private let log: Log
    private let failed = Atomic<Bool>(false)

    init(log: Log) {
        self.log = log
    }

    /// True once the store has failed.
    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    /// The data folder is gone and did not come back.
    func reportGone() {
        failed.store(true, ordering: .releasing)
        log.write(LogLine(.critical, "the data folder did not come back; stopping"))
        Signals.requestStop()
    }

    /// Notes the failure and asks the process to stop. The store thread.
    func report(_ error: StoreError) {
        failed.store(true, ordering: .releasing)
        log.write(
            LogLine(.critical, "the store failed to sync; stopping, to recover on restart")
                .with("error", "\(error)"))
        Signals.requestStop()
    }
}

/// Ends the process when a graceful stop does not end in time: a disk that hangs in fsync holds
/// the store thread for as long as it likes.
final class LastResort: Sendable {
    private let disarmed = Atomic<Bool>(false)
    private let bell = WakeSignal()

    /// Arms it.
    init(deadlineNanoseconds deadline: UInt64) {
        // Without a thread there is no last resort; the supervisor's time-out remains.
        _ = try? WorkerThread.start(name: "last-resort") { [self] in
            while MonotonicClock.now() < deadline {
                bell.wait(untilNanoseconds: deadline)
                if disarmed.load(ordering: .acquiring) { return }
            }
            ProcessLimits.exit(1)
        }
    }

    /// The stop was in time.
    func disarm() {
        disarmed.store(true, ordering: .releasing)
        bell.ring()
    }
}
