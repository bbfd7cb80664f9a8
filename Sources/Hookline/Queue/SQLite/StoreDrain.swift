import POSIX

extension SQLiteQueue {
    /// Writes nothing any more: what still comes goes on to the next step, until the store is told
    /// to stop. The store thread, after a failed fsync or when no store can be opened.
    func drain(_ changes: [DeliveryChange]) {
        leaveToJournal(changes)
        while true {
            let (appends, changes, isStopping) = inbox.withLock { inbox in
                defer {
                    inbox.appends = []
                    inbox.changes = []
                }
                return (inbox.appends, inbox.changes, inbox.isStopping)
            }
            leaveToJournal(changes)
            for pending in appends { pending.abandon(.storeBroken) }
            if !appends.isEmpty { callbacks.failed(appends) }
            if isStopping { return }
            bell.wait(untilNanoseconds: clock.monotonicNanoseconds + 100_000_000)
        }
    }

    /// A sync failed outside of a batch: this process writes no more. The log may hold commits that
    /// waited for no disk, and what a later commit adds behind them would be lost with them.
    func broke(_ store: DeliveryStore, _ failure: StoreError) {
        guard !status.isBroken else { return }
        status.markBroken()
        store.keepLogOnClose()
        callbacks.broken(failure)
    }

    /// What the application has and the store will not learn any more in this process.
    ///
    /// An identity in the journal says that every destination has the message: where there are
    /// several, a message whose completion cannot be written may be forwarded once more.
    func leaveToJournal(_ changes: [DeliveryChange]) {
        guard options.destinations.count == 1 else { return }
        for change in changes {
            guard case .complete(_, let message, _, _) = change else { continue }
            callbacks.unwritten(message.received(by: clock))
        }
    }
}
