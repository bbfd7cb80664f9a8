import POSIX
import SQLite

/// What the store thread does between commits: one piece of work that was left to it, or a slice
/// of the quarantine when no webhook waits. Confined to the store thread.
final class StoreIdleWork {
    /// What a turn did.
    enum Turn {
        /// Nothing was due.
        case idle
        /// Something was done, which may have made deliveries due.
        case worked(madeDue: Bool)
        /// An fsync failed: the store writes no more.
        case broken
    }

    private let store: DeliveryStore
    private let group: SQLiteQueue
    private let quarantine: QuarantineWriter?
    private var salvage: Salvage?
    private let rescue: StoreRescue

    init(
        store: DeliveryStore, group: SQLiteQueue, quarantine: Quarantine?, rescue: StoreRescue,
        salvage: Salvage? = nil
    ) {
        self.rescue = rescue
        self.store = store
        self.salvage = salvage
        self.group = group
        self.quarantine = quarantine.map { QuarantineWriter(store: store, quarantine: $0) }
        quarantine?.connect { [bell = group.bell] in bell.ring() }
    }

    /// A slice of what is due.
    func turn(nowNanoseconds now: UInt64) -> Turn {
        if let job = group.jobs.next() { return run(job) }
        if let salvage, !webhooksWait { return copy(salvage) }
        guard let quarantine, quarantine.isDue(nowNanoseconds: now), !webhooksWait else {
            return .idle
        }
        do {
            try quarantine.writeSlice(
                nowNanoseconds: now, isDisturbed: { [self] in webhooksWait })
        } catch {
            return failed(error) ? .broken : .worked(madeDue: false)
        }
        group.publishStatus(of: store)
        return .worked(madeDue: false)
    }

    /// Says what is in quarantine, after a batch changed it.
    func publishQuarantine() { quarantine?.publish() }

    /// When something is due that nobody rings for; nil when nothing is.
    var dueNanoseconds: UInt64? { salvage != nil ? 0 : quarantine?.dueNanoseconds }

    /// A slice of what can be read of a damaged database.
    private func copy(_ salvage: Salvage) -> Turn {
        do {
            try salvage.writeSlice()
        } catch {
            return failed(error) ? .broken : .worked(madeDue: false)
        }
        group.publishStatus(of: store)
        if salvage.isDone {
            self.salvage = nil
            group.callbacks.salvaged(salvage.progress)
        }
        return .worked(madeDue: true)
    }

    /// At the end: what waits for the quarantine is written, what is left to do is refused.
    func finish() {
        group.jobs.close(.stopped)
        do {
            try quarantine?.writeAll()
        } catch {
            _ = failed(error)
        }
        quarantine?.ended()
    }

    /// After a failed fsync.
    func broke() {
        group.jobs.close(.failed(.sync))
        quarantine?.ended()
    }

    private var webhooksWait: Bool { group.inbox.withLock { !$0.appends.isEmpty } }

    private func run(_ job: StoreTasks.Job) -> Turn {
        do throws(SQLiteError) {
            switch job.access {
            case .reading:
                try job.run(store)
                group.tellCorrupt(of: store)
            case .writing:
                group.status.commitBegan(at: store.clock.monotonicNanoseconds)
                defer { group.status.commitEnded() }
                try store.begin()
                try job.run(store)
                try store.keepUpIdentities()
                try store.commit()
            }
        } catch {
            let isBroken = failed(error)
            job.finish(.failed(StoreError.sqlite(error).reason))
            return isBroken ? .broken : .worked(madeDue: false)
        }
        if job.access == .writing {
            group.publishStatus(of: store)
            quarantine?.publish()
        }
        job.finish(nil)
        return .worked(madeDue: job.access == .writing)
    }

    /// Undoes what was begun; true when an fsync failed.
    private func failed(_ error: SQLiteError) -> Bool {
        store.rollBack()
        let failure = group.failed(error)
        rescue.failed(failure.reason)
        guard failure.reason == .sync else { return false }
        group.status.markBroken()
        store.keepLogOnClose()
        group.callbacks.broken(failure)
        return true
    }
}
