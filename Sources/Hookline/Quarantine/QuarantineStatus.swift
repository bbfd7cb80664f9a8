import Synchronization

/// What other threads may know of the quarantine; written by the store thread.
final class QuarantineStatus: Sendable {
    /// What is kept.
    struct Figures: Sendable, Equatable {
        var rows = 0
        var bytes = 0
        /// Rows that were proven genuine.
        var proven = 0
    }

    private let state = Mutex<Figures?>(nil)

    /// The figures, nil before the store was opened and after it broke.
    var figures: Figures? { state.withLock { $0 } }

    func publish(_ figures: Figures?) { state.withLock { $0 = figures } }
}
