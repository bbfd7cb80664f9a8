import POSIX
import SQLite

/// Opens the store at a start, and on a full disk goes on trying while the process serves: it is
/// not ready, and what needs no store works. Confined to the store thread.
struct FullDiskStart {
    private static let pauseNanoseconds: UInt64 = 1_000_000_000
    /// A disk with less room than this is full, whatever the error says.
    private static let fullDiskBytes: UInt64 = 64 * 1024

    private let group: SQLiteQueue
    private let folder: String
    private let log: Log

    init(_ group: SQLiteQueue, folder: String, log: Log) {
        self.group = group
        self.folder = folder
        self.log = log
    }

    /// The store and its ballast; nil when the store cannot be opened, or the process stops before.
    /// `opened` is told what is wrong, or nil once the start can go on without a store; `open` is
    /// called until it succeeds, or fails for another reason.
    func run<Store>(
        opened: (String?) -> Void, open: () throws(StoreError) -> Store
    ) -> (Store, Ballast?)? {
        let ballast = group.options.ballast.map {
            Ballast(folder: $0.folder, path: $0.path, room: $0.room)
        }
        if let ballast, ballast.isNeeded { ballast.release() }
        var isWaiting = false
        while true {
            group.status.turned(at: group.clock.monotonicNanoseconds)
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
            group.bell.wait(
                untilNanoseconds: group.clock.monotonicNanoseconds + Self.pauseNanoseconds)
            if group.inbox.withLock({ $0.isStopping }) {
                group.jobs.close(.stopped)
                return nil
            }
        }
    }

    private func isFull(_ error: StoreError) -> Bool {
        error.reason == .full
            || Folder.freeBytes(folder).map { $0 < Self.fullDiskBytes } ?? false
    }
}
