import Dispatch
import POSIX

/// A thread of the receiver that runs only while the simulation lets it: of all threads one runs
/// at a time, and which one is the simulation's choice.
final class SimulatedThread: @unchecked Sendable {
    // Unchecked: whoever reads `rest` has waited for the thread's pause.

    /// Why it does not run.
    enum Rest {
        /// It may go on at any time.
        case ready
        /// It waits to be woken, and at most until this time.
        case waiting(isWoken: () -> Bool, until: UInt64)
        case ended
    }

    private(set) var rest = Rest.ready
    private let mayRun = DispatchSemaphore(value: 0)
    private let hasPaused = DispatchSemaphore(value: 0)
    private let name: String
    private var thread: WorkerThread?

    init(name: String) { self.name = name }

    /// Starts the thread, which does not run before its first turn.
    func begin(_ body: @escaping @Sendable () -> Void) {
        do throws(POSIXError) {
            thread = try WorkerThread.start(name: name) { [self] in
                mayRun.wait()
                body()
                rest = .ended
                hasPaused.signal()
            }
        } catch {
            preconditionFailure("no thread: \(error.message)")
        }
    }

    /// Lets it run until it pauses or ends. The simulation.
    func turn() {
        mayRun.signal()
        hasPaused.wait()
        guard isEnded else { return }
        thread?.join()
        // It holds the thread that holds it.
        thread = nil
    }

    /// Gives way until the simulation lets it go on. The thread itself.
    func pause(_ rest: Rest) {
        self.rest = rest
        hasPaused.signal()
        mayRun.wait()
        self.rest = .ready
    }

    var isEnded: Bool { if case .ended = rest { true } else { false } }

    /// True when there is a reason to go on.
    func isReady(at now: UInt64) -> Bool {
        switch rest {
        case .ready: true
        case .waiting(let isWoken, let until): until <= now || isWoken()
        case .ended: false
        }
    }

    /// When it goes on without being woken.
    var due: UInt64 {
        switch rest {
        case .ready: 0
        case .waiting(_, let until): until
        case .ended: .max
        }
    }
}
