import POSIX
import SQLite

/// Opens the store and runs its thread; when a database turns out to be damaged it is set aside
/// and another one takes its place, without a restart.
struct StoreRun: Sendable {
    /// A disk that damages one database after the other is left to the next start, or a person.
    private static let reopeningsMax = 3

    let store: SQLiteQueue
    let quarantine: Quarantine
    let journal: DirectDeliveryJournal
    let paths: DataFolderPaths
    let report: StoreReport
    let watch: FolderWatch
    let clockWatch: ClockWatch
    let log: Log

    /// Opens the store, says that it is open or why not, and runs until it is told to stop. The
    /// store thread.
    func run(_ opened: Promise<String?>) {
        defer { store.status.ended() }
        let opening = StoreOpening(folder: paths.folder, report: report) {
            () throws(StoreError) in
            try DeliveryStore(
                path: store.options.path, unverifiedMax: store.options.unverifiedMax,
                repeatMilliseconds: store.options.repeatMilliseconds,
                identityBytesMax: store.options.identityBytesMax,
                synchronousOff: store.options.synchronousOff, clock: store.clock,
                destinations: store.options.destinations)
        }
        let start = FullDiskStart(store, folder: paths.folder, log: log)
        let first = start.run(opened: { opened.set($0) }) { () throws(StoreError) in
            let first = try opening.open()
            try settleJournal(first.store)
            try begin(first)
            return first
        }
        guard let first else { return }
        clockWatch.began()
        let ballast = first.1
        var next: StoreOpening.Opened? = first.0
        var isFirst = true
        for _ in 0...Self.reopeningsMax {
            guard let current = next.take() else { return }
            let damaged = turn(current, ballast) { if isFirst { opened.set(nil) } }
            isFirst = false
            guard let damaged else { return }
            do {
                let reopened = try opening.reopen(damaged, time: store.clock.note)
                try begin(reopened)
                next = reopened
            } catch {
                return giveUp(error)
            }
        }
        giveUp(.journal("the database was damaged again and again"))
    }

    /// Runs with one database; returns its marker when it turned out to be damaged.
    private func turn(
        _ current: StoreOpening.Opened, _ ballast: Ballast?, _ ready: () -> Void
    ) -> StoreMarker? {
        store.status.markDamaged(false)
        if store.status.trouble == .storeDamaged { store.status.leaveTrouble() }
        var thread = StoreThread(
            store: current.store, group: store, quarantine: quarantine, ballast: ballast,
            salvage: current.salvage)
        ready()
        guard thread.run() == .damaged else { return nil }
        watch.pause()
        report.damagedWhileRunning()
        return store.marker.withLock { marker in
            defer { marker = nil }
            return marker
        }
    }

    /// Its files are watched and its commits are noted from now on.
    private func begin(_ opened: StoreOpening.Opened) throws(StoreError) {
        store.marker.withLock { $0 = opened.marker }
        do { try watch.begin() } catch {
            throw .journal("\(error.operation) failed: \(error.message)")
        }
        noteHeld(opened.store)
    }

    /// Says what is owed to destinations that are not configured any more: it stays.
    private func noteHeld(_ open: DeliveryStore) {
        let counts = open.rows.counts
        for code in counts.destinations where open.destinations.number(ofCode: code) == nil {
            let owed = counts.owed(to: code)
            guard owed > 0 else { continue }
            log.write(
                LogLine(
                    .warning,
                    "deliveries are held: their destination is not in the configuration. Add it "
                        + "again, or discard them (hookline queue list --destination)"
                ).with("destination", open.names.name(of: code)).with("count", owed))
        }
    }

    /// No store can be opened: the process ends, and the next one tries again.
    private func giveUp(_ error: StoreError) {
        store.status.markBroken()
        store.jobs.close(.failed(error.reason))
        store.callbacks.broken(error)
        store.drain([])
    }

    /// A salvage that went on between commits has come to its end. The store thread.
    func salvaged(_ progress: Salvage.Progress) {
        report.salvaged(progress)
        guard let lost = progress.lost, lost > 0 else { return }
        watch.pause()
        do {
            try store.marker.withLock { marker throws(POSIXError) in
                guard let old = marker else { return }
                let head = old.head.losing(lost)
                marker = try StoreMarker(folder: paths.folder, head: head, mark: old.mark)
                report.lost(head)
            }
            try watch.begin()
        } catch {
            log.write(
                LogLine(.error, "the store's marker could not be written")
                    .with("error", error.message))
        }
    }

    /// Messages that an earlier process saw taken by the application are complete.
    private func settleJournal(_ open: DeliveryStore) throws(StoreError) {
        do {
            try Folder.sync(paths.folder)
            let taken = try journal.read()
            if !taken.isEmpty {
                try open.begin()
                for message in taken { try open.settle(message) }
                try open.commit()
                log.write(
                    LogLine(.warning, "messages that the application took directly are settled")
                        .with("count", taken.count))
            }
            try journal.clear()
        } catch let error as SQLiteError {
            throw .sqlite(error)
        } catch let error as POSIXError {
            throw .journal("\(error.operation) failed: \(error.message)")
        } catch {
            throw .journal("\(error)")
        }
    }
}
