import Synchronization

/// Notices when Redis has lost what it had confirmed: emptied, replaced by an empty one, or set
/// back to an earlier state. Any thread.
///
/// An epoch, a random text beside the data, tells an emptied Redis. Within an epoch each process
/// has a count of its appends in Redis, and one that goes back tells how many are gone.
final class RedisLossDetector: Sendable {
    /// A loss that was noticed.
    struct Loss: Sendable, Equatable {
        /// How many messages, as far as this process can know.
        var messages: Int64
        /// True when everything is gone, false when the latest is.
        var isTotal: Bool
    }

    private struct State: Sendable {
        var epoch: [UInt8]?
        /// The count of this process's appends, as Redis said last.
        var appends: Int64 = 0
        /// What was owed when the figures were read last, and has changed since by this process.
        var owed: Int64 = 0
    }

    private let state: Mutex<State>

    /// A ledger that knows an epoch from an earlier process, or none.
    init(knownEpoch: [UInt8]?) {
        state = Mutex(State(epoch: knownEpoch))
    }

    /// The epoch that is known; nil at first.
    var epoch: [UInt8]? { state.withLock { $0.epoch } }

    /// A message was appended: Redis says how many of this process that makes.
    func appended(total: Int64, epoch: [UInt8]?) -> Loss? {
        state.withLock { state in
            // An epoch that changed is the whole loss; `seen` reports it. This message came after
            // it, into the new data, and is not lost.
            guard epoch != nil, epoch == state.epoch else {
                if state.epoch == nil { state.owed += 1 }
                return nil
            }
            defer {
                state.appends = total
                state.owed += 1
            }
            return Self.setBack(state, to: total - 1)
        }
    }

    /// This process has completed a delivery or given it up.
    func ended() {
        state.withLock { $0.owed = max(0, $0.owed - 1) }
    }

    /// Redis was looked at: its epoch now, and how many appends of this process it knows.
    func seen(epoch: [UInt8], appends: Int64) -> Loss? {
        state.withLock { state in
            defer {
                state.epoch = epoch
                state.appends = appends
            }
            guard let known = state.epoch else { return nil }
            guard known == epoch else {
                defer { state.owed = 0 }
                return Loss(messages: state.owed, isTotal: true)
            }
            return Self.setBack(state, to: appends)
        }
    }

    /// The figures were read.
    func counted(owed: Int64) {
        state.withLock { $0.owed = owed }
    }

    private static func setBack(_ state: State, to appends: Int64) -> Loss? {
        appends < state.appends
            ? Loss(messages: state.appends - appends, isTotal: false) : nil
    }
}
