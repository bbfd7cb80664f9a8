import POSIX
import SQLite

/// Opens the store at a start, and on a full disk goes on trying while the process serves: it is
/// not ready, and what needs no store works. Confined to the store thread.
struct StoreOpening {
    private static let pauseNanoseconds: UInt64 = 1_000_000_000
    /// A disk with less room than this is full, whatever the error says.
    private static let fullDiskBytes: UInt64 = 64 * 1024

    private let group: SQLiteQueue
    private let journal: DirectDeliveryJournal
    private let folder: String
    private let log: Log

    init(_ group: SQLiteQueue, _ journal: DirectDeliveryJournal, folder: String, log: Log) {
        self.group = group
        self.journal = journal
        self.folder = folder
        self.log = log
    }

    /// The store and its ballast; nil when the store cannot be opened, or the process stops before.
    /// `opened` is told what is wrong, or nil once the start can go on without a store.
    func run(opened: (String?) -> Void) -> (DeliveryStore, Ballast?)? {
        let ballast = group.options.ballast.map {
            Ballast(folder: $0.folder, path: $0.path, room: $0.room)
        }
        if let ballast, ballast.isNeeded { ballast.release() }
        var isWaiting = false
        while true {
            group.status.turned(at: MonotonicClock.now())
            do throws(StoreError) {
                let store = try open()
                if case .impossible(let reason) = ballast?.take() {
                    log.write(
                        LogLine(.warning, "no room can be kept for the time of a full disk")
                            .with("error", reason))
                }
                return (store, ballast)
            } catch {
                guard isFull(error) else {
                    if isWaiting { group.callbacks.broken(error) } else { opened("\(error)") }
                    group.status.ended()
                    return nil
                }
                if !isWaiting {
                    isWaiting = true
                    group.status.enter(.diskFull)
                    log.write(
                        LogLine(
                            .critical, "the disk is full: serving without a store until it opens"
                        )
                        .with("error", "\(error)"))
                    opened(nil)
                }
            }
            group.bell.wait(untilNanoseconds: MonotonicClock.now() + Self.pauseNanoseconds)
            if group.inbox.withLock({ $0.isStopping }) {
                group.jobs.close(.stopped)
                group.status.ended()
                return nil
            }
        }
    }

    private func isFull(_ error: StoreError) -> Bool {
        error.reason == .full
            || Folder.freeBytes(folder).map { $0 < Self.fullDiskBytes } ?? false
    }

    private func open() throws(StoreError) -> DeliveryStore {
        let options = group.options
        let store = try DeliveryStore(
            path: options.path, unverifiedMax: options.unverifiedMax,
            repeatMilliseconds: options.repeatMilliseconds,
            identityBytesMax: options.identityBytesMax,
            synchronousOff: options.synchronousOff, clock: group.clock)
        try settleJournal(store)
        return store
    }

    /// Messages that an earlier process saw taken by the application are complete.
    private func settleJournal(_ store: DeliveryStore) throws(StoreError) {
        do {
            try Folder.sync(folder)
            let taken = try journal.read()
            if !taken.isEmpty {
                try store.begin()
                for identity in taken {
                    try store.settle(identity, nowMilliseconds: store.clock.nowMilliseconds)
                }
                try store.commit()
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
