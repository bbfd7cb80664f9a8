import POSIX
import SQLite

/// What the store does about its failures: says that it is in trouble, gives up the ballast to a
/// full disk, and tries whether the trouble is over. Confined to the store thread.
final class StoreRescue {
    /// How often it is tried whether the trouble is over.
    private static let trialNanoseconds: UInt64 = 250_000_000
    /// A damaged database is no longer one after so long a time without an error.
    private static let damageNanoseconds: UInt64 = 10_000_000_000
    /// Failures in a row that are more than a hiccup.
    private static let failuresMax = 2

    private let store: DeliveryStore
    private let group: SQLiteQueue
    private let ballast: Ballast?
    private var failures = 0
    private var nextTrialNanoseconds: UInt64 = 0
    private var damagedNanoseconds: UInt64 = 0

    /// Without a ballast only its own failures tell it of a full disk.
    init(store: DeliveryStore, group: SQLiteQueue, ballast: Ballast?) {
        self.store = store
        self.group = group
        self.ballast = ballast
        guard let ballast, ballast.take() == .noRoom else { return }
        group.status.enter(.diskFull)
    }

    /// When it is to be tried again whether the trouble is over; nil without any.
    var dueNanoseconds: UInt64? { group.status.trouble == nil ? nil : nextTrialNanoseconds }

    /// A transaction or a checkpoint failed; true when the disk was found to be full just now, so
    /// that the same may work with the room that was given back.
    @discardableResult
    func failed(_ reason: StoreFailure) -> Bool {
        failures += 1
        nextTrialNanoseconds = store.clock.monotonicNanoseconds + Self.trialNanoseconds
        switch reason {
        case .full:
            let isNew = group.status.trouble != .diskFull
            group.status.enter(.diskFull)
            let hadBallast = (ballast?.bytes ?? 0) > 0
            ballast?.release()
            return isNew || hadBallast
        case .corrupt:
            damagedNanoseconds = store.clock.monotonicNanoseconds
            group.status.enter(.storeDamaged)
        case .sync: break
        default:
            if failures >= Self.failuresMax, group.status.trouble == nil {
                group.status.enter(.storeFailing)
            }
        }
        return false
    }

    /// A transaction was committed, with so many new messages in it.
    func committed(messages: Int) {
        failures = 0
        switch group.status.trouble {
        case .storeFailing: group.status.leaveTrouble()
        case .storeDamaged where messages > 0:
            if store.clock.monotonicNanoseconds > damagedNanoseconds + Self.damageNanoseconds {
                group.status.leaveTrouble()
            }
        default: break
        }
    }

    /// Tries whether the trouble is over, if that is due; true when a transaction was committed.
    func turn(nowNanoseconds now: UInt64) -> Bool {
        guard let trouble = group.status.trouble, now >= nextTrialNanoseconds else { return false }
        nextTrialNanoseconds = now + Self.trialNanoseconds
        switch trouble {
        case .diskFull:
            if let ballast, ballast.take() == .noRoom { return false }
            guard commitNothing() else { return false }
            group.status.leaveTrouble()
        case .storeFailing:
            guard commitNothing() else { return false }
            group.status.leaveTrouble()
        default: return false
        }
        failures = 0
        return true
    }

    /// A transaction that changes only the time that is noted.
    private func commitNothing() -> Bool {
        do {
            try store.begin()
            try store.noteTime()
            try store.commit()
            return true
        } catch {
            store.rollBack()
            let failure = group.failed(error)
            if failure.reason == .sync { group.broke(store, failure) }
            failed(failure.reason)
            return false
        }
    }
}
