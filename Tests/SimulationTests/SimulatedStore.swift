import POSIX
import SQLite
import TestSupport

@testable import Hookline

extension SimulatedReceiver {
    /// Runs with a database, and with another one in the place of each that turns out to be
    /// damaged, as `StoreRun` and `StoreOpening` do. The store thread.
    func live(
        _ journal: DirectDeliveryJournal, _ settings: Settings
    ) throws(StoreError) {
        var note: StoreClock.Note?
        for _ in 0...3 {
            guard try turn(journal, settings, after: note), !isDead else { return }
            note = time.note
            let name = damage.begin()
            disk.rename(Self.database, to: name)
            disk.rename(Self.database + "-wal", to: name + "-wal")
        }
        throw .journal("the database was damaged again and again")
    }

    /// Runs with one database; true when it is damaged.
    private func turn(
        _ journal: DirectDeliveryJournal, _ settings: Settings, after note: StoreClock.Note?
    ) throws(StoreError) -> Bool {
        do throws(StoreError) {
            let store = try DeliveryStore(
                path: queue.options.path, repeatMilliseconds: settings.repeatMilliseconds,
                synchronousOff: settings.synchronousOff, clock: time)
            guard disk.syncFolder() else { throw .journal("the folder is not synced") }
            let salvage = damage.bytes > 0 ? try examine(store, after: note) : nil
            try Self.settle(journal, in: store)
            queue.status.markDamaged(false)
            var thread = StoreThread(store: store, group: queue, salvage: salvage)
            (isOpen, opened) = (true, store)
            let end = thread.run()
            noteMark()
            return end == .damaged
        } catch {
            guard damage.bytes > 0, error.reason == .corrupt else { throw error }
            return true
        }
    }

    /// Looks through the whole database, and begins or resumes a salvage.
    private func examine(
        _ store: DeliveryStore, after note: StoreClock.Note?
    ) throws(StoreError) -> Salvage? {
        do throws(SQLiteError) {
            if let fault = try store.fault() {
                store.keepLogOnClose()
                throw .damaged(fault)
            }
            if let note { store.clock.begin(after: note, newest: nil) }
            store.identities.raise(above: damage.mark.lastID)
            if let pending = damage.pending {
                if try store.salvage.read() == nil {
                    try store.begin()
                    try store.salvage.begin(
                        Salvage.Progress(
                            path: disk.path(pending.name), expected: pending.expected))
                    try store.commit()
                }
                damage.began()
            }
            return try Salvage(resuming: store)
        } catch {
            throw .sqlite(error)
        }
    }

    /// What the store holds, as the marker knows it.
    func noteMark() {
        guard let opened, !queue.status.isDamaged else { return }
        damage.mark = opened.mark
    }

    /// As the server does at its start.
    private static func settle(
        _ journal: DirectDeliveryJournal, in store: DeliveryStore
    ) throws(StoreError) {
        let taken: [SeenMessage]
        do throws(POSIXError) { taken = try journal.read() } catch { throw .journal(error.message) }
        do throws(SQLiteError) {
            try store.begin()
            for message in taken { try store.settle(message) }
            try store.commit()
        } catch {
            throw .sqlite(error)
        }
        do throws(POSIXError) { try journal.clear() } catch { throw .journal(error.message) }
    }
}
